import { describe, expect, test } from 'vitest';
import type { ScoreShiftMetric } from '../../../../../src/core/events/plan.ts';
import type { StageRef } from '../../../../../src/core/events/verdict.ts';
import { checkNamed, judgeAll, SHADOW } from '../../../../support/judging.ts';
import { planOf, scoreShift } from '../../../../support/plans.ts';
import { type SummarySpec, summaryOf } from '../../../../support/summaries.ts';

const SPLIT: StageRef = { index: 1, share: 0.05, fromMs: 0 };

function paired(mean: number, over: Partial<SummarySpec['paired']> = {}): SummarySpec {
  const n = 200;
  return {
    profileHash: 'p',
    current: armOf(n, 0.3),
    canary: armOf(n, 0.3 + mean),
    paired: {
      differenceCount: n,
      differenceSum: n * mean,
      differenceSquareSum: n * (mean * mean + 0.01),
      differenceMax: 1,
      ...over,
    },
  };
}

function armOf(count: number, mean: number, spread = 0.2): NonNullable<SummarySpec['current']> {
  return {
    scoreCount: count,
    scoreCutSum: count * mean,
    scoreCutSquareSum: count * (mean * mean + spread * spread),
  };
}

function split(current: number, canary: number, over: SummarySpec = {}): SummarySpec {
  return {
    profileHash: 'p',
    current: armOf(1_900, current),
    canary: armOf(100, canary),
    paired: { differenceMax: 1 },
    ...over,
  };
}

function checkAfter(
  windowCount: number,
  spec: SummarySpec,
  at: { readonly metric?: Partial<ScoreShiftMetric>; readonly stage?: StageRef } = {},
) {
  const plan = planOf([scoreShift({ critical: true, ...at.metric })]);
  const summaries = Array.from({ length: windowCount }, (_, window) =>
    summaryOf({ window, ...spec }),
  );
  return checkNamed(judgeAll(plan, summaries, at.stage ?? SHADOW).verdicts.at(-1), 'score-shift');
}

describe('a shift of scores on the same requests', () => {
  test('rolls back at the limit that the user wrote, with the numbers', () => {
    const check = checkAfter(20, paired(0.06));
    expect(check).toMatchObject({
      nature: 'difference',
      status: 'fail',
      asks: 'rollback',
      reason: 'limit_crossed',
      countOf: 'pairs',
      effectOf: 'mean shift',
    });
    expect(check.effect).toBeCloseTo(0.06);
    expect(check.sentence).toMatch(
      /^canary scores less current scores are \+0.06 in the mean of 4,000 pairs of this stage; limit 0.02 either way; evidence/,
    );
  });

  test('asks for what the plan says', () => {
    expect(checkAfter(20, paired(0.06), { metric: { onFail: 'hold' } }).asks).toBe('hold');
    expect(checkAfter(20, paired(0.06), { metric: { onFail: 'warn' } }).asks).toBe('warn');
  });

  test('passes within the limit, also where no score differs at all', () => {
    expect(checkAfter(50, paired(0.01))).toMatchObject({ status: 'pass', asks: 'none' });
    expect(checkAfter(50, paired(0, { differenceSquareSum: 0 })).status).toBe('pass');
  });

  test('is looked for in the direction that is asked for', () => {
    expect(checkAfter(20, paired(-0.06)).status).toBe('fail');
    const increase = { metric: { direction: 'increase' } } as const;
    expect(checkAfter(20, paired(-0.06), increase).status).toBe('pass');
    expect(checkAfter(20, paired(0.06), increase).sentence).toContain('limit +0.02;');
    const decrease = { metric: { direction: 'decrease' } } as const;
    expect(checkAfter(20, paired(-0.06), decrease).status).toBe('fail');
    expect(checkAfter(20, paired(0.06), decrease).status).toBe('pass');
  });

  test('outside the limit and not yet proven is no pass, and says when it could tell', () => {
    const check = checkAfter(1, paired(0.03));
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'not_enough_evidence' });
    expect(check.decidableInWindowCount).toBeGreaterThan(0);
  });

  test('waits for the profile, for pairs, and for windows that kept these numbers', () => {
    const { profileHash: _hash, ...learning } = paired(0.06);
    expect(checkAfter(20, learning)).toMatchObject({
      status: 'inconclusive',
      reason: 'no_profile',
    });
    expect(
      checkAfter(2, paired(0, { differenceCount: 0, differenceSum: 0, differenceSquareSum: 0 })),
    ).toMatchObject({ status: 'inconclusive', reason: 'no_pairs' });
    const { paired: _paired, ...stored } = paired(0.06);
    expect(checkAfter(20, stored)).toMatchObject({ status: 'inconclusive', reason: 'no_profile' });
  });

  test('cannot be told where the limit is beyond any difference that is measured', () => {
    const check = checkAfter(20, paired(0.06), { metric: { max: 1 } });
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'limit_out_of_reach' });
  });

  test('never passes on numbers that are none', () => {
    const check = checkAfter(20, paired(0.06, { differenceSum: Number.NaN }));
    expect(check.status).toBe('inconclusive');
  });
});

describe('a shift of scores between the arms of a split', () => {
  const at = { stage: SPLIT };

  test('is found at 5 % of the traffic, with both counts', () => {
    const check = checkAfter(30, split(0.3, 0.4), at);
    expect(check).toMatchObject({ status: 'fail', countOf: 'predictions' });
    expect(check.sentence).toMatch(
      /^canary scores less current scores are \+0.1 in the mean of 3,000 scores beside 57,000 of this stage/,
    );
  });

  test('passes within the limit', () => {
    expect(checkAfter(50, split(0.3, 0.31), at).status).toBe('pass');
  });

  test('cannot be told without scores, or with those of one arm only', () => {
    const none = { scoreCount: 0, scoreCutSum: 0, scoreCutSquareSum: 0 };
    expect(checkAfter(9, split(0, 0, { current: none, canary: none }), at)).toMatchObject({
      status: 'inconclusive',
      sentence: 'no answer has a finite score yet',
    });
    expect(checkAfter(9, split(0.3, 0, { canary: none }), at)).toMatchObject({
      status: 'inconclusive',
      reason: 'no_data',
      sentence: 'only the current model gives scores in this stage',
    });
  });

  test('cannot be told of few scores, and of scores that never vary', () => {
    const few = split(0.3, 0.9, { canary: armOf(10, 0.9) });
    expect(checkAfter(5, few, at)).toMatchObject({
      status: 'inconclusive',
      reason: 'too_few_samples',
      sentence:
        '9,500 scores of the current model and 50 of the canary so far; it begins at 100 of each',
    });
    const flat = split(0, 0, { current: armOf(1_900, 0.3, 0), canary: armOf(100, 0.9, 0) });
    expect(checkAfter(20, flat, at)).toMatchObject({
      status: 'inconclusive',
      reason: 'no_variance',
    });
  });
});
