import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BLOB, blobValue, type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packed, unpackedText } from '../../../src/adapters/duckdb/window-bytes.ts';
import { type Explanation, explain } from '../../../src/app/explain.ts';
import { planDigest } from '../../../src/app/plan/digest.ts';
import { parsePlan } from '../../../src/app/plan/parse.ts';
import type { Plan } from '../../../src/core/events/plan.ts';
import type { Verdict } from '../../../src/core/events/verdict.ts';
import { CoalmineError } from '../../../src/core/foundation/error.ts';
import { testFolder } from '../../contract/fixtures/folder.ts';
import { logRows } from '../../support/replay-log.ts';
import { replayPlanText } from '../../support/replay-plan.ts';
import { type Replayed, replayed } from '../../support/replayed.ts';

/** The profile is learned before the canary is rolled back. */
const PLAN_TEXT = replayPlanText().replace(
  /reference: .*/,
  'reference: { minSamples: 60, minSpan: 1h }',
);

let folder = '';
let run: Replayed;
let ids: readonly string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-explain-'));
  run = await replayed(folder, logRows({ flipRate: 0.25, requestCount: 900 }), PLAN_TEXT);
  const lines = (await readFile(join(run.out, 'verdicts.jsonl'), 'utf8')).trimEnd().split('\n');
  ids = lines.map((line) => (JSON.parse(line) as Verdict).id);
});

afterAll(async () => await rm(folder, { recursive: true, force: true }));

async function explained(
  idPrefix: string,
  given: { readonly out?: string; readonly plan?: Plan } = {},
): Promise<Explanation> {
  const { signal } = new AbortController();
  return await explain({
    folder: given.out ?? run.out,
    idPrefix,
    plan: given.plan ?? null,
    signal,
  });
}

function planOf(text: string): Plan {
  const parsed = parsePlan(text, 'plan.yaml');
  if (!parsed.ok) throw new Error('the plan is valid');
  return parsed.plan;
}

async function refusal(work: Promise<unknown>): Promise<CoalmineError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CoalmineError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

/** A copy of the run's folder in which something was changed. */
async function tampered(change: (connection: DuckDBConnection) => Promise<void>): Promise<string> {
  const out = join(await testFolder(), 'out');
  await cp(run.out, out, { recursive: true });
  const instance = await DuckDBInstance.create(join(out, 'coalmine.duckdb'));
  try {
    await change(await instance.connect());
  } finally {
    instance.closeSync();
  }
  return out;
}

/** Writes a document of the second window anew. */
async function rewrite(
  connection: DuckDBConnection,
  document: 'summary' | 'partial',
  change: (text: string) => string,
): Promise<void> {
  const second = `document = '${document}' and window_start_ms =
    (select distinct window_start_ms from window_bytes order by 1 limit 1 offset 1)`;
  const rows = await connection.runAndReadAll(
    `select bytes, window_start_ms from window_bytes where ${second} order by part`,
  );
  const parts = rows.getRows().map(([bytes]) => {
    if (typeof bytes !== 'object' || bytes === null || !('bytes' in bytes))
      throw new Error('bytes');
    return bytes.bytes;
  });
  const changed = packed(change(unpackedText(parts)));
  await connection.run(`delete from window_bytes where ${second} and part >= ${changed.length}`);
  for (const [part, bytes] of changed.entries()) {
    await connection.run(
      `update window_bytes set bytes = $1 where ${second} and part = ${part}`,
      [blobValue(bytes)],
      [BLOB],
    );
  }
}

describe('explaining a verdict', () => {
  it('derives the last verdict again, and every one before it on the way', async () => {
    expect(run.report.decision).toBe('rolled_back');
    expect(ids.length).toBeGreaterThan(3);
    const { verdict, verdicts } = await explained(ids.at(-1) ?? '');
    expect(verdict).toEqual(run.report.latest);
    expect(verdicts.map(({ id }) => id)).toEqual(ids);
  });

  it('derives an earlier verdict from the windows up to its own', async () => {
    const { verdict, verdicts, lastWindow } = await explained(ids[2] ?? '');
    expect(verdict.id).toBe(ids[2]);
    expect(verdicts).toHaveLength(3);
    expect(lastWindow.windowStartMs).toBe(verdict.windowStartMs);
  });

  it('steps the stages of a promoted canary along', async () => {
    const place = await testFolder();
    const healthy = await replayed(place, logRows({ flipRate: 0.01, requestCount: 900 }));
    expect(healthy.report.decision).toBe('promoted');
    const { verdicts } = await explained(healthy.report.latest?.id ?? '', { out: healthy.out });
    expect([...new Set(verdicts.map(({ stage }) => stage.index))]).toEqual([0, 1, 2, 3]);
  });

  it('takes the beginning of an id', async () => {
    const id = ids[1] ?? '';
    expect((await explained(id.slice(0, 12))).verdict.id).toBe(id);
  });

  it('needs no plan, and takes the same one', async () => {
    const { verdict } = await explained(ids[0] ?? '', { plan: planOf(run.planText) });
    expect(verdict.id).toBe(ids[0]);
  });

  it('refuses another plan', async () => {
    const plan = planOf(replayPlanText({ disagreementMax: 0.2 }));
    const { code, hints } = await refusal(explained(ids[0] ?? '', { plan }));
    expect(code).toBe('store_mismatch');
    expect(hints.join(' ')).toContain(planDigest(plan));
  });

  it('names the nearest ids when none begins so', async () => {
    const { code, hints } = await refusal(explained(`${(ids[0] ?? '').slice(0, 9)}-not`));
    expect(code).toBe('not_found');
    expect(hints).toContain(ids[0]);
    expect(hints.filter((hint) => ids.includes(hint))).toHaveLength(3);
  });

  it('asks for more of an id that several begin with', async () => {
    expect((await refusal(explained(''))).code).toBe('usage');
  });

  it('keeps the plan without the addresses of those who are told', async () => {
    const out = await tampered(async (connection) => {
      const reader = await connection.runAndReadAll(`select value from meta where key = 'plan'`);
      const plan = JSON.parse(String(reader.getRows()[0]?.[0])) as Plan;
      expect(plan).toMatchObject({ model: 'fraud', notifications: [] });
      await connection.run(`delete from meta where key = 'plan'`);
    });
    const { code, hints } = await refusal(explained(ids[0] ?? '', { out }));
    expect(code).toBe('not_found');
    expect(hints.join(' ')).toContain('--plan PLAN.yaml');
    const given = await explained(ids[0] ?? '', { out, plan: planOf(run.planText) });
    expect(given.verdict.id).toBe(ids[0]);
  });
});

describe('explaining from a store that was changed', () => {
  it('names the number of a window that its exact partial does not give', async () => {
    const out = await tampered(async (connection) => {
      await rewrite(connection, 'summary', (text) =>
        text.replace(/"matched":(\d+)/, (_, count) => `"matched":${Number(count) + 1}`),
      );
    });
    const { code, hints } = await refusal(explained(ids.at(-1) ?? '', { out }));
    expect(code).toBe('store_altered');
    expect(hints[0]).toMatch(/^window 2001-.*: counts\.matched is stored as \d+; .* gives \d+$/);
    expect((await explained(ids[0] ?? '', { out })).verdict.id).toBe(ids[0]);
  });

  it('does not miss numbers that were not kept yet when a window was stored', async () => {
    const out = await tampered(async (connection) => {
      await rewrite(connection, 'summary', (text) =>
        text
          .replaceAll(/"scoreCutSum":[^,}]*,|"scoreCutSquareSum":[^,}]*,/g, '')
          .replace(/"differenceMax":[^,}]*,/, ''),
      );
    });
    expect((await explained(ids.at(-1) ?? '', { out })).verdict.id).toBe(ids.at(-1));
  });

  it('says that a partial cannot be read', async () => {
    const out = await tampered(async (connection) => {
      await rewrite(connection, 'partial', () => 'nonsense');
    });
    const { code, hints } = await refusal(explained(ids.at(-1) ?? '', { out }));
    expect(code).toBe('store_altered');
    expect(hints[0]).toContain('its partial cannot be read');
  });

  it('says that a window is no window', async () => {
    const out = await tampered(async (connection) => {
      await connection.run(`update window_bytes set bytes = 'xx'::blob where document = 'summary'`);
    });
    const { code, message } = await refusal(explained(ids[0] ?? '', { out }));
    expect(code).toBe('store_altered');
    expect(message).toContain('a stored window cannot be read');
  });

  it('names what a stored verdict says otherwise', async () => {
    const out = await tampered(async (connection) => {
      await connection.run(
        `update outbox set body = replace(body, '"decision":"rollback"', '"decision":"promote"')
         where kind = 'verdict'`,
      );
    });
    const { hints } = await refusal(explained(ids.at(-1) ?? '', { out }));
    expect(hints).toEqual([
      expect.stringMatching(
        /^verdict of window .*: decision is stored as "promote"; derived again it is "rollback"$/,
      ),
    ]);
  });

  it('notices a window that is gone', async () => {
    const out = await tampered(async (connection) => {
      await connection.run(
        'delete from stored_windows where window_start_ms = (select max(window_start_ms) from stored_windows where window_start_ms < $1::bigint)',
        [run.report.latest?.windowEndMs ?? 0],
      );
    });
    const { hints } = await refusal(explained(ids.at(-1) ?? '', { out }));
    expect(hints.join(' ')).toContain('its window is not stored');
  });

  it('does not trust a profile that is not what its hash says', async () => {
    const out = await tampered(async (connection) => {
      await connection.run(
        `update profiles set profile = replace(profile, '"model":"fraud"', '"model":"freud"')`,
      );
    });
    expect((await explained(ids.at(-1) ?? '')).lastWindow.profileHash).not.toBeNull();
    const { hints } = await refusal(explained(ids.at(-1) ?? '', { out }));
    expect(hints[0]).toContain('is not stored, or not what its hash says');
  });
});
