import { describe, expect, test } from 'vitest';
import type { StageRef } from '../../../../src/core/events/verdict.ts';
import { initialJudge, verdictKey } from '../../../../src/core/verdict/judge.ts';
import { checkNamed, judgeAll, judgeOne, SHADOW } from '../../../support/judging.ts';
import {
  disagreement,
  errorRate,
  latency,
  missing,
  planOf,
  sampleRatio,
} from '../../../support/plans.ts';
import { featureOf, MINUTE_MS, summaryOf } from '../../../support/summaries.ts';

const HEALTHY = {
  counts: { matched: 1_000 },
  current: { predictions: 1_000, errors: 10 },
  canary: { predictions: 1_000, errors: 10 },
  paired: { compared: 1_000, flipsUp: 20, bothPositive: 200, bothNegative: 780 },
};
const TWICE = { ...HEALTHY, canary: { predictions: 1_000, errors: 20 } };
const DIFFERENT = {
  ...HEALTHY,
  paired: { compared: 1_000, flipsUp: 400, bothNegative: 600, differenceCount: 1_000 },
};
const PLAN = planOf([errorRate({ weight: 0.5 }), disagreement({ weight: 0.5 })]);

describe('the judge', () => {
  test('starts with no evidence at all: E = 1', () => {
    const { verdict } = judgeOne(PLAN, summaryOf());
    expect(verdict.logEvidence).toBeCloseTo(0, 12);
    expect(verdict.logEvidenceLimit).toBeCloseTo(Math.log(100));
    expect(verdict.decision).toBe('hold');
  });

  test('names rollout, versions, stage and window, and nothing of clock or process', () => {
    const { verdict } = judgeOne(PLAN, summaryOf({ window: 3, ...HEALTHY }));
    expect(verdict).toMatchObject({
      rolloutId: 'fraud-v7.1',
      model: 'fraud',
      currentVersion: 'v6',
      canaryVersion: 'v7',
      stage: SHADOW,
      windowStartMs: 3 * MINUTE_MS,
      windowEndMs: 4 * MINUTE_MS,
      revision: 0,
      policyDigest: 'p1',
    });
    expect(verdict.checks.map(({ name, weight }) => [name, weight])).toEqual([
      ['error-rate', 0.5],
      ['disagreement', 0.5],
    ]);
  });

  test('says in one sentence which check rolled back and in which cell the models differ most', () => {
    const fields = [
      featureOf('origin', {
        cells: ['ORD', 'EWR'],
        pairs: [700, 300],
        flipsDown: [100, 300],
        differences: [0, -0.16],
      }),
    ];
    const { verdicts } = judgeAll(PLAN, [summaryOf({ ...DIFFERENT, fields, profileHash: 'h1' })]);
    expect(verdicts[0]?.decision).toBe('rollback');
    expect(verdicts[0]?.reason).toMatch(
      /^disagreement: canary answers differ from current in 40 % of 1,000 pairs; limit 12 %; evidence 10\^\d+\.\d to 1 against; most where origin is EWR \(100 % of 300 pairs, canary scores 0.16 lower\)$/,
    );
    expect(verdicts[0]?.drivers[0]).toMatchObject({ field: 'origin', cell: 'EWR' });
  });

  test('lists what each check brings in when only the average crosses the limit', () => {
    const halves = [1, 2, 3, 4].map((i) =>
      errorRate({ name: `errors-${i}`, weight: 0.25, tolerance: { ratio: 1.25, difference: 0 } }),
    );
    const plan = planOf(halves);
    const summaries = Array.from({ length: 40 }, (_, window) => summaryOf({ window, ...TWICE }));
    const { verdicts } = judgeAll(plan, summaries);
    const first = verdicts.find(({ decision }) => decision === 'rollback');
    expect(first?.checks.every(({ asks }) => asks === 'none')).toBe(true);
    expect(first?.logEvidence).toBeGreaterThanOrEqual(first?.logEvidenceLimit ?? Infinity);
    expect(first?.reason).toMatch(
      /^no check alone, all together: evidence 10\^2\.\d to 1 against, limit 100 to 1 \(errors-1 [\d.]+, errors-2/,
    );
  });

  test('computes a dry run and lets it decide nothing', () => {
    const plan = planOf([errorRate(), disagreement({ dryRun: true })]);
    const { verdicts } = judgeAll(plan, [summaryOf(DIFFERENT)]);
    expect(verdicts[0]?.decision).toBe('hold');
    expect(verdicts[0]?.logEvidence).toBeCloseTo(0);
    expect(checkNamed(verdicts[0], 'disagreement')).toMatchObject({
      status: 'fail',
      asks: 'none',
      reason: 'dry_run',
    });
  });

  test('never rolls back by a metric of weight 0', () => {
    const plan = planOf([errorRate(), disagreement({ weight: 0 })]);
    const { verdicts } = judgeAll(plan, [summaryOf(DIFFERENT)]);
    expect(verdicts[0]?.decision).toBe('hold');
    expect(checkNamed(verdicts[0], 'disagreement').status).toBe('inconclusive');
  });

  test('stores but does not judge windows that begin in the warm-up of a metric', () => {
    const plan = planOf([disagreement({ warmupMs: 2 * MINUTE_MS })]);
    const summaries = [0, 1, 2].map((window) => summaryOf({ window, ...DIFFERENT }));
    const { verdicts } = judgeAll(plan, summaries);
    expect(verdicts.map(({ decision }) => decision)).toEqual(['hold', 'hold', 'rollback']);
    expect(checkNamed(verdicts[1], 'disagreement')).toMatchObject({
      status: 'inconclusive',
      reason: 'warming_up',
      sentence: 'not judged for 2 min after a stage begins',
      logEvidence: 0,
    });
  });

  test('lets only critical checks look at a window between two stages, with twice the margin', () => {
    const stage: StageRef = { index: 1, share: 0.05, fromMs: 20 * MINUTE_MS };
    const between = [0, 1, 2, 3].map((window) =>
      summaryOf({ window, ...DIFFERENT, canary: { predictions: 1_000, errors: 14 } }),
    );
    const { verdicts } = judgeAll(PLAN, between, stage);
    const last = verdicts.at(-1);
    expect(last?.decision).toBe('hold');
    expect(last?.reason).toBe(
      'this window lies between two stages: only critical checks look at it',
    );
    expect(checkNamed(last, 'disagreement')).toMatchObject({
      reason: 'transition',
      logEvidence: 0,
    });
    expect(checkNamed(last, 'error-rate').logEvidence).toBeLessThan(0);
  });

  test('rolls back between two stages when a critical check fails', () => {
    const stage: StageRef = { index: 1, share: 0.05, fromMs: 20 * MINUTE_MS };
    const between = [0, 1, 2].map((window) =>
      summaryOf({ window, ...HEALTHY, canary: { predictions: 1_000, errors: 500 } }),
    );
    expect(judgeAll(PLAN, between, stage).verdicts.at(-1)?.decision).toBe('rollback');
  });

  test('cannot tell from a log that was sampled at two rates, and folds nothing of it', () => {
    const sampled = {
      ...DIFFERENT,
      canary: { ...DIFFERENT.canary, samplingFractionMin: 0.1 },
    };
    const { verdict, state } = judgeOne(PLAN, summaryOf(sampled));
    expect(verdict.checks.map(({ status, reason }) => [status, reason])).toEqual([
      ['inconclusive', 'sampled_by_outcome'],
      ['inconclusive', 'sampled_by_outcome'],
    ]);
    expect(state.checks).toEqual(initialJudge(PLAN).checks);
  });

  test('folds revision 0 only: an amended window changes no evidence', () => {
    const first = judgeOne(PLAN, summaryOf(HEALTHY));
    const amended = judgeOne(PLAN, summaryOf({ ...DIFFERENT, revision: 1 }), {
      state: first.state,
    });
    expect(amended.state).toEqual(first.state);
    expect(amended.verdict.decision).toBe('hold');
    expect(amended.verdict.logEvidence).toBe(first.verdict.logEvidence);
    expect(amended.verdict.reason).toBe('an amended window changes rows, never evidence');
  });

  test('begins the evidence anew under a changed plan, and says so', () => {
    const { state } = judgeAll(PLAN, [
      summaryOf(HEALTHY),
      summaryOf({ window: 1, ...TWICE }),
      summaryOf({ window: 2, ...TWICE }),
    ]);
    const changed = judgeOne(PLAN, summaryOf({ window: 3, ...HEALTHY }), { state, digest: 'p2' });
    const anew = judgeOne(PLAN, summaryOf({ window: 3, ...HEALTHY }), { digest: 'p2' });
    expect(changed.verdict.logEvidence).toBe(anew.verdict.logEvidence);
    expect(changed.verdict.reason).toMatch(/^the plan changed, the evidence begins anew; /);
    const after = judgeOne(PLAN, summaryOf({ window: 4, ...HEALTHY }), {
      state: changed.state,
      digest: 'p2',
    });
    expect(after.verdict.reason).not.toContain('the plan changed');
  });

  test('refuses windows out of their order', () => {
    const { state } = judgeOne(PLAN, summaryOf({ window: 5 }));
    expect(() => judgeOne(PLAN, summaryOf({ window: 5 }), { state })).toThrow(
      'windows are judged in their order, each once',
    );
  });

  test('goes on over windows that are missing', () => {
    const { state } = judgeOne(PLAN, summaryOf(HEALTHY));
    const { verdict } = judgeOne(PLAN, summaryOf({ window: 500, ...HEALTHY }), { state });
    expect(checkNamed(verdict, 'error-rate').status).toBe('pass');
  });

  test('judges a window in which nothing happened', () => {
    const plan = planOf([errorRate(), latency(), missing(), disagreement(), sampleRatio()]);
    const { verdict } = judgeOne(plan, summaryOf());
    expect(verdict.decision).toBe('hold');
    expect(verdict.checks.map(({ status }) => status)).toEqual(Array(5).fill('inconclusive'));
  });

  test('refuses weights that sum to more than 1', () => {
    expect(() =>
      initialJudge(planOf([errorRate({ weight: 0.6 }), latency({ weight: 0.6 })])),
    ).toThrow('the weights of a plan sum to at most 1');
  });
});

describe('the key of a verdict', () => {
  const { verdict } = judgeOne(PLAN, summaryOf({ window: 1, ...HEALTHY }));

  test('holds rollout, stage, window, policy and revision', () => {
    expect(verdictKey(verdict)).toBe('["fraud-v7.1",0,60000,120000,"p1",0]');
  });

  test('does not depend on what the verdict says', () => {
    const other = { ...verdict, reason: 'another', decision: 'rollback' } as const;
    expect(verdictKey(other)).toBe(verdictKey(verdict));
  });
});
