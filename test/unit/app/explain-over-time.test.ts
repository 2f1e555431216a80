import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/app/explain.ts';
import { explainOverTime, type OverTime } from '../../../src/app/explain-over-time.ts';
import { planDigest } from '../../../src/app/plan/digest.ts';
import type { Plan } from '../../../src/core/events/plan.ts';
import { CoalmineError } from '../../../src/core/foundation/error.ts';
import { testFolder } from '../../contract/fixtures/folder.ts';
import { ROLLOUT_ID } from '../../support/judged-rollout.ts';
import { errorRate, planOf } from '../../support/plans.ts';
import { type CountedWindow, storeRollout } from '../../support/stored-rollout.ts';

const PLAN = planOf([errorRate({ weight: 0.4 })]);
const CHANGED: Plan = { ...PLAN, falseRollbackRate: 0.02 };

function minute(window: number, canaryErrors = 4): CountedWindow {
  const each = { matched: 400, currentPredictions: 402, canaryPredictions: 402 };
  return {
    window,
    counts: { ...each, currentServed: 402, currentErrors: 4, canaryErrors },
  };
}

function minutes(from: number, count: number): readonly CountedWindow[] {
  return Array.from({ length: count }, (_, i) => minute(from + i));
}

/** A folder as a rollout of six minutes leaves it; the plan may have been changed after three. */
async function folderOf(plans: readonly [Plan, Plan] = [PLAN, PLAN]): Promise<string> {
  const folder = await testFolder();
  const parts = plans.map((plan, i) => ({
    plan,
    policyDigest: planDigest(plan),
    windows: minutes(3 * i, 3),
  }));
  const [first, second] = parts;
  if (first === undefined || second === undefined) throw new Error('two parts');
  const isOne = first.policyDigest === second.policyDigest;
  await storeRollout(folder, isOne ? [{ ...first, windows: minutes(0, 6) }] : parts);
  return folder;
}

async function change(
  folder: string,
  work: (connection: DuckDBConnection) => Promise<unknown>,
): Promise<void> {
  const instance = await DuckDBInstance.create(join(folder, 'coalmine.duckdb'));
  try {
    await work(await instance.connect());
  } finally {
    instance.closeSync();
  }
}

async function overTime(
  folder: string,
  given: { readonly rolloutId?: string; readonly plan?: Plan } = {},
): Promise<OverTime> {
  const { signal } = new AbortController();
  const { rolloutId = null, plan = null } = given;
  return await explainOverTime({ folder, rolloutId, plan, signal });
}

async function refusal(work: Promise<unknown>): Promise<CoalmineError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CoalmineError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

describe('evidence over time', () => {
  it('is of every verdict, each derived again', async () => {
    const { report, verdictCount } = await overTime(await folderOf());
    expect(verdictCount).toBe(6);
    expect(report.checks.map(({ name, series }) => [name, series.length])).toEqual([
      ['error-rate', 6],
    ]);
    expect(report.account).toMatchObject({ windowCount: 6, matched: 2400 });
    expect(report.budget.spentCount).toBe(1);
  });

  it('takes the rollout by its name', async () => {
    const { report } = await overTime(await folderOf(), { rolloutId: ROLLOUT_ID });
    expect(report.rolloutId).toBe(ROLLOUT_ID);
  });

  it('begins anew where the plan was changed, and derives each part by its own plan', async () => {
    const folder = await folderOf([PLAN, CHANGED]);
    const { report, verdictCount } = await overTime(folder);
    expect(verdictCount).toBe(6);
    expect(report.budget).toMatchObject({ spentCount: 2, falseRollbackRateSum: 0.03 });
    expect(report.policyDigest).toBe(planDigest(CHANGED));
    const { signal } = new AbortController();
    const { average } = report;
    const idPrefix = report.windows.at(-1)?.verdictId ?? '';
    const explained = await explain({ folder, idPrefix, plan: null, signal });
    expect(explained.verdict.logEvidence).toBe(average.logEvidence);
  });

  it('asks for a plan that is not stored, and takes it', async () => {
    const folder = await folderOf([PLAN, CHANGED]);
    await change(folder, (sql) => sql.run(`delete from meta where key like 'plan/%'`));
    const { code, hints } = await refusal(overTime(folder));
    expect(code).toBe('not_found');
    expect(hints.join(' ')).toContain(planDigest(CHANGED));
    expect((await overTime(folder, { plan: CHANGED })).verdictCount).toBe(6);
  });

  it('refuses a plan that is not the one in force', async () => {
    expect((await refusal(overTime(await folderOf(), { plan: CHANGED }))).code).toBe(
      'store_mismatch',
    );
  });

  it('names the rollouts that are stored for one that is not', async () => {
    const { code, hints } = await refusal(overTime(await folderOf(), { rolloutId: 'fraud-v7.2' }));
    expect(code).toBe('not_found');
    expect(hints.join(' ')).toContain(ROLLOUT_ID);
  });

  it('says that nothing was judged yet', async () => {
    const folder = await testFolder();
    await storeRollout(folder, [{ plan: PLAN, policyDigest: planDigest(PLAN), windows: [] }]);
    expect(await refusal(overTime(folder))).toMatchObject({
      code: 'not_found',
      message: 'no verdict is stored yet',
    });
  });
});

describe('evidence over time from a store that was changed', () => {
  it('names the window whose verdict says otherwise', async () => {
    const folder = await folderOf();
    await change(folder, (sql) =>
      sql.run(
        `update outbox set body = replace(body, '"effect":1,', '"effect":1.5,') where kind = 'verdict' and number = 3`,
      ),
    );
    const { code, hints } = await refusal(overTime(folder));
    expect(code).toBe('store_altered');
    expect(hints).toEqual([
      expect.stringMatching(/^verdict of window 1970-01-01T00:02:00\.000Z: checks\.0\.effect /),
    ]);
  });

  it('misses a window that is gone, and its verdict', async () => {
    const folder = await folderOf();
    await change(folder, (sql) =>
      sql.run('delete from stored_windows where window_start_ms = 120000'),
    );
    const { code, hints } = await refusal(overTime(folder));
    expect(code).toBe('store_altered');
    expect(hints.join(' ')).toContain('verdict of window 1970-01-01T00:03:00.000Z');
  });

  it('names an event that does not follow', async () => {
    const folder = await folderOf();
    await change(folder, (sql) =>
      sql.run(
        `update outbox set body = replace(body, 'the rollout begins', 'it begins') where kind = 'event'`,
      ),
    );
    const { hints } = await refusal(overTime(folder));
    expect(hints).toEqual([
      'event 1 of 1970-01-01T00:00:00.000Z: reason is stored as "it begins"; derived again it is "the rollout begins"',
    ]);
  });
});
