import { describe, expect, test } from 'vitest';
import type { StageRef } from '../../../../../src/core/events/verdict.ts';
import { checkNamed, judgeAll, SHADOW } from '../../../../support/judging.ts';
import { missing, planOf } from '../../../../support/plans.ts';
import { summaryOf } from '../../../../support/summaries.ts';

const SPLIT: StageRef = { index: 1, share: 0.05, fromMs: 0 };

function checkAfter(
  windowCount: number,
  counts: { matched: number; unmatchedCurrent: number },
  options: { plan?: ReturnType<typeof planOf>; stage?: StageRef } = {},
) {
  const summaries = Array.from({ length: windowCount }, (_, window) =>
    summaryOf({ window, counts }),
  );
  const plan = options.plan ?? planOf([missing()]);
  const { verdicts } = judgeAll(plan, summaries, options.stage ?? SHADOW);
  return checkNamed(verdicts.at(-1), 'missing');
}

describe('the missing answers check', () => {
  test('holds above its limit, with the numbers', () => {
    const check = checkAfter(10, { matched: 950, unmatchedCurrent: 50 });
    expect(check).toMatchObject({ status: 'fail', asks: 'hold', effect: 0.05, threshold: 0.01 });
    expect(check.sentence).toMatch(
      /^the canary did not answer 5 % of 10,000 requests that the current model answered; limit 1 %; evidence 10\^/,
    );
    expect(check.bound).toBeGreaterThan(0.01);
  });

  test('rolls back above the second limit', () => {
    const check = checkAfter(10, { matched: 700, unmatchedCurrent: 300 });
    expect(check).toMatchObject({ status: 'fail', asks: 'rollback', threshold: 0.1 });
    expect(check.bound).toBeGreaterThan(0.1);
  });

  test('rolls back at its only limit when the plan says so', () => {
    const plan = planOf([missing({ onFail: 'rollback', rollbackAbove: null })]);
    const check = checkAfter(10, { matched: 950, unmatchedCurrent: 50 }, { plan });
    expect(check).toMatchObject({ status: 'fail', asks: 'rollback', threshold: 0.01 });
  });

  test('stays silent exactly at its limit', () => {
    const check = checkAfter(300, { matched: 990, unmatchedCurrent: 10 });
    expect(check).toMatchObject({ status: 'pass', asks: 'none', reason: 'within_tolerance' });
  });

  test('fails when the canary never answers', () => {
    const check = checkAfter(1, { matched: 0, unmatchedCurrent: 1_000 });
    expect(check).toMatchObject({ status: 'fail', asks: 'rollback', effect: 1, canaryCount: 0 });
  });

  test('cannot tell before anything was due in shadow', () => {
    const check = checkAfter(2, { matched: 0, unmatchedCurrent: 0 });
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'no_pairs', effect: null });
  });

  test('is not asked in a split stage without mirror', () => {
    const nothing = { matched: 0, unmatchedCurrent: 0 };
    const check = checkAfter(2, nothing, { stage: SPLIT });
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'not_paired_here' });
  });

  test('at a limit of 0 does not take one lost answer for a proof', () => {
    const plan = planOf([missing({ max: 0, rollbackAbove: null })]);
    const check = checkAfter(1, { matched: 999, unmatchedCurrent: 1 }, { plan });
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'not_enough_evidence' });
    expect(Number.isFinite(check.logEvidence ?? 0)).toBe(true);
  });
});
