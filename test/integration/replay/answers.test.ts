import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answerOf, type Ended, queried, replayArgs, runCli } from '../../support/replay-cli.ts';
import { type LogRows, logRows, writeLogLines } from '../../support/replay-log.ts';
import { type ReplayPlanOptions, writeReplayPlan } from '../../support/replay-plan.ts';

let folder = '';
/** A canary that is promoted, and the folder that it left. */
let promoted: Ended;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-answers-'));
  promoted = await run('promoted', logRows());
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function run(
  name: string,
  rows: LogRows,
  given: { readonly plan?: ReplayPlanOptions; readonly more?: readonly string[] } = {},
): Promise<Ended> {
  const log = await writeLogLines(folder, rows);
  const plan = await writeReplayPlan(join(folder, `${name}.yaml`), given.plan);
  return runCli(replayArgs({ plan, log, out: join(folder, name), more: given.more ?? [] }));
}

/** A log of a rollout at 30 %: one arm serves each request, the other answers in shadow. */
function recordedRows(): LogRows {
  const rows = logRows({ requestCount: 200 });
  const toCanary = (i: number): boolean => i % 10 < 3;
  return {
    ...rows,
    current: rows.current.map((row, i) => ({ ...row, served: !toCanary(i) })),
    canary: rows.canary.map((row, i) => ({ ...row, served: toCanary(i) })),
  };
}

describe('the answer of a replay', () => {
  test('of a good canary is promoted, with 0', () => {
    expect(promoted.code).toBe(0);
    expect(answerOf(promoted)).toMatchObject({
      decision: 'promoted',
      stage: { index: 3, share: 1 },
      traffic: 'simulate',
      clock: 'event_time',
    });
  });

  test('of a canary that answers otherwise is rolled back, with 3 and the check that did it', async () => {
    const ended = await run('flipped', logRows({ flipRate: 0.4 }));
    expect(ended.code).toBe(3);
    const answer = answerOf(ended);
    expect(answer).toMatchObject({ decision: 'rolled_back', stage: { index: 0, share: 0 } });
    expect(answer.checks.map(({ name }) => name)).toContain('disagreement');
    expect(answer.checks[0]?.sentence).toMatch(/differ from current in [\d.]+ % .* limit 12 %/);
    expect(ended.stderr).toMatch(/rolled back/);
  });

  test('of a canary that was seen too little is held, with 4 and what it waits for', async () => {
    const ended = await run('held', logRows({ requestCount: 150 }), {
      plan: { shadowPairs: 5_000 },
    });
    expect(ended.code).toBe(4);
    const answer = answerOf(ended);
    expect(answer).toMatchObject({ decision: 'held', stage: { index: 0, share: 0 } });
    expect(answer.reason).toMatch(/pairs/);
  });

  test('has exactly the names of the contract', () => {
    const answer = answerOf(promoted);
    expect(Object.keys(answer)).toEqual(
      expect.arrayContaining(['decision', 'stage', 'verdicts', 'checks', 'drivers', 'counts']),
    );
    expect(Object.keys(answer.counts)).toEqual([
      'read',
      'matched',
      'unmatched_current',
      'unmatched_canary',
      'not_asked',
      'duplicate',
      'conflict',
      'late',
      'dead_lettered',
      'ignored',
    ]);
    expect(answer.verdicts).toBeGreaterThan(20);
    expect(answer.checks.length).toBeGreaterThan(0);
  });

  test('is all there is on stdout; progress is on stderr, without colours', () => {
    expect(promoted.stdout.trimStart().startsWith('{')).toBe(true);
    expect(promoted.stderr).toMatch(/1800 records, traffic simulated/);
    expect(promoted.stderr).toMatch(/watermark 2001-04-1\dT\d\d:\d\d {2}\d+ pairs/);
    expect(promoted.stderr + promoted.stdout).not.toContain('\u001b[');
  });

  test('names each file once, and each of them can be read', async () => {
    const { files } = answerOf(promoted);
    expect(new Set(files).size).toBe(files.length);
    const found = await queried(
      join(folder, 'promoted'),
      `select count(*) as n from glob([${files.map((file) => `'${file}'`).join(', ')}])`,
    );
    expect(found).toEqual([{ n: files.length }]);
  });
});

describe('recorded traffic', () => {
  test('is found by itself where records say that they were not served', async () => {
    const ended = await run('recorded', recordedRows(), { plan: { shadowPairs: 5_000 } });
    expect(answerOf(ended)).toMatchObject({ traffic: 'recorded', counts: { matched: 200 } });
    expect(ended.stderr).toContain('traffic as recorded');
  });

  test('can be overruled, and then each table in force says who is served', async () => {
    const more = ['--traffic', 'simulate'];
    const ended = await run('simulated', recordedRows(), { more });
    expect(answerOf(ended)).toMatchObject({ traffic: 'simulate', counts: { matched: 200 } });
  });

  test('misses in shadow the other half of each answer that was served', async () => {
    const rows = recordedRows();
    const served = (list: LogRows['current']) => list.filter((row) => row['served'] === true);
    const split = { ...rows, current: served(rows.current), canary: served(rows.canary) };
    const ended = await run('split', split, { more: ['--traffic', 'recorded'] });
    expect(answerOf(ended).counts).toMatchObject({
      matched: 0,
      not_asked: 0,
      unmatched_current: 140,
      unmatched_canary: 60,
    });
  });
});

describe('the folder that a replay leaves', () => {
  const verb = async (...args: readonly string[]): Promise<unknown> => {
    const ended = await runCli([...args, '--out', join(folder, 'promoted'), '-o', 'json']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    return JSON.parse(ended.stdout);
  };

  test('answers SQL: its windows sum up to the counts', async () => {
    const { counts, verdicts } = answerOf(promoted);
    const sums = await queried(
      join(folder, 'promoted'),
      'select sum(matched)::int as matched, (select count(*) from verdicts) as verdicts from windows',
    );
    expect(sums).toEqual([{ matched: counts.matched, verdicts }]);
  });

  test('shows where the rollout stands', async () => {
    const text = JSON.stringify(await verb('status'));
    expect(text).toContain('fraud-v7.1');
    expect(text).toContain('promoted');
  });

  test('lists the last verdicts, and explains each from what is stored', async () => {
    const verdicts = await verb('verdicts', '--limit', '3');
    expect(verdicts).toHaveLength(3);
    const [last] = await queried(
      join(folder, 'promoted'),
      'select verdict_id from verdicts order by number desc limit 1',
    );
    expect(JSON.stringify(verdicts)).toContain(String(last?.['verdict_id']));
    expect(JSON.stringify(await verb('explain', String(last?.['verdict_id'])))).toContain(
      String(last?.['verdict_id']),
    );
  });
});
