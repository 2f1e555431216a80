import { describe, expect, test } from 'vitest';
import type { StageRef } from '../../../../../src/core/events/verdict.ts';
import type { PairedNumbers } from '../../../../../src/core/windows/summary.ts';
import { checkNamed, judgeAll, SHADOW } from '../../../../support/judging.ts';
import { disagreement, planOf } from '../../../../support/plans.ts';
import { summaryOf } from '../../../../support/summaries.ts';

const SPLIT: StageRef = { index: 1, share: 0.05, fromMs: 0 };
const MINORITY = planOf([disagreement({ of: 'minority', max: 0.5, limitWritten: false })]);

/** 1,000 pairs, 20 % positive, of which so many flip up and down. */
function pairs(flipsUp: number, flipsDown: number): Partial<PairedNumbers> {
  const bothPositive = 200 - flipsDown;
  const bothNegative = 800 - flipsUp;
  return { compared: 1_000, flipsUp, flipsDown, bothPositive, bothNegative };
}

function checkAfter(
  windowCount: number,
  paired: Partial<PairedNumbers>,
  options: { plan?: ReturnType<typeof planOf>; stage?: StageRef; profileHash?: string } = {},
) {
  const summaries = Array.from({ length: windowCount }, (_, window) =>
    summaryOf({ window, paired, profileHash: options.profileHash ?? null }),
  );
  const plan = options.plan ?? planOf([disagreement()]);
  return checkNamed(
    judgeAll(plan, summaries, options.stage ?? SHADOW).verdicts.at(-1),
    'disagreement',
  );
}

describe('the disagreement check', () => {
  test('rolls back at a limit that the user wrote, with the numbers', () => {
    const check = checkAfter(10, pairs(100, 71));
    expect(check).toMatchObject({
      nature: 'difference',
      status: 'fail',
      asks: 'rollback',
      reason: 'limit_crossed',
      effect: 0.171,
      countOf: 'pairs',
      canaryCount: 10_000,
    });
    expect(check.sentence).toMatch(
      /^canary answers differ from current in 17.1 % of 10,000 pairs; limit 12 %; evidence 10\^\d+\.\d to 1 against$/,
    );
    expect(check.bound).toBeGreaterThan(0.12);
    expect(check.bound).toBeLessThan(0.171);
  });

  test('stays silent exactly at its limit', () => {
    const check = checkAfter(300, pairs(80, 40));
    expect(check).toMatchObject({ status: 'pass', asks: 'none' });
    expect(check.logEvidence).toBeLessThan(0);
  });

  test('finds a canary that always says the opposite in the first window', () => {
    const check = checkAfter(1, {
      compared: 1_000,
      flipsUp: 790,
      flipsDown: 190,
      bothPositive: 10,
      bothNegative: 10,
    });
    expect(check).toMatchObject({ status: 'fail', asks: 'rollback' });
  });

  test('at a default limit holds in shadow and only warns in a split stage', () => {
    const opposite = { compared: 1_000, flipsUp: 700, flipsDown: 200, bothNegative: 100 };
    expect(checkAfter(3, opposite, { plan: MINORITY })).toMatchObject({
      status: 'fail',
      asks: 'hold',
      logEvidence: null,
    });
    const split = checkAfter(3, opposite, { plan: MINORITY, stage: SPLIT });
    expect(split).toMatchObject({ status: 'fail', asks: 'warn' });
  });

  test('only warns where the plan says warn, in shadow too', () => {
    const warns = disagreement({ of: 'minority', max: 0.5, limitWritten: false, onFail: 'warn' });
    const opposite = { compared: 1_000, flipsUp: 700, flipsDown: 200, bothNegative: 100 };
    expect(checkAfter(3, opposite, { plan: planOf([warns]) }).asks).toBe('warn');
  });

  test('counts pairs off the majority decision: always saying no differs in all that matter', () => {
    const alwaysNo = { compared: 1_000, flipsDown: 10, bothNegative: 990 };
    const check = checkAfter(20, alwaysNo, { plan: MINORITY });
    expect(check).toMatchObject({ status: 'fail', asks: 'hold', effect: 1, canaryCount: 200 });
    expect(check.sentence).toContain('100 % of 200 pairs off the majority decision');
    expect(checkAfter(20, alwaysNo).status).toBe('pass');
  });

  test('finds the majority among labels, and keeps it over windows', () => {
    const agreement = {
      labels: ['a', 'b', 'c'],
      counts: [
        [700, 0, 0],
        [30, 70, 0],
        [90, 10, 100],
      ],
    };
    const paired = { compared: 1_000, flipsUp: 130, flipsDown: 0, agreement };
    const check = checkAfter(2, paired, { plan: MINORITY });
    expect(check.effect).toBeCloseTo(130 / 300);
  });

  test('is of all pairs where scores are compared by tolerance: no decision is in the minority', () => {
    const byTolerance = { compared: 1_000, flipsUp: 50 };
    const learning = checkAfter(2, byTolerance, { plan: MINORITY });
    expect(learning).toMatchObject({ status: 'inconclusive', reason: 'no_profile', asks: 'none' });
    const known = checkAfter(2, byTolerance, { plan: MINORITY, profileHash: 'h1' });
    expect(known).toMatchObject({ status: 'pass', effect: 0.05, canaryCount: 2_000 });
    expect(known.sentence).toContain('5 % of 2,000 pairs; limit 50 %');
  });

  test('gathers no evidence on a minority before it is known which label is the majority', () => {
    const unknown = { compared: 1_000, flipsUp: 20 };
    const agreement = {
      labels: ['a', 'b'],
      counts: [
        [900, 20],
        [0, 80],
      ],
    };
    const summaries = [
      summaryOf({ window: 0, paired: unknown }),
      summaryOf({ window: 1, paired: { ...unknown, agreement }, profileHash: 'h1' }),
    ];
    const check = checkNamed(judgeAll(MINORITY, summaries).verdicts.at(-1), 'disagreement');
    expect(check).toMatchObject({ status: 'pass', effect: 0.2, canaryCount: 100 });
  });

  test('keeps a rollout waiting, in every stage, when nothing says how its pairs disagree', () => {
    const score = { differenceCount: 1_000 };
    for (const stage of [SHADOW, SPLIT]) {
      const { verdicts } = judgeAll(
        MINORITY,
        [0, 1].map((window) => summaryOf({ window, counts: { matched: 1_000 }, paired: score })),
        stage,
      );
      expect(verdicts.at(-1)?.decision).toBe('hold');
      const check = checkNamed(verdicts.at(-1), 'disagreement');
      expect(check).toMatchObject({ status: 'inconclusive', reason: 'no_decision' });
      expect(check.sentence).toContain('write decision.threshold or decision.tolerance');
    }
  });

  test('cannot tell without a pair, and says why', () => {
    expect(checkAfter(2, {})).toMatchObject({ status: 'inconclusive', reason: 'no_pairs' });
    expect(checkAfter(2, {}, { stage: SPLIT })).toMatchObject({ reason: 'not_paired_here' });
  });

  test('holds at 10 million pairs', () => {
    const many = { compared: 1e7, flipsUp: 1e6, flipsDown: 1e6, bothNegative: 8e6 };
    const check = checkAfter(3, many);
    expect(check.status).toBe('fail');
    expect(Number.isFinite(check.logEvidence)).toBe(true);
  });
});
