import { describe, expect, test } from 'vitest';
import type { StageRef } from '../../../../../src/core/events/verdict.ts';
import { addValue, type ValueCell } from '../../../../../src/core/join/value-cells.ts';
import type { ServedOutcome } from '../../../../../src/core/windows/summary.ts';
import { checkNamed, judgeAll, SHADOW } from '../../../../support/judging.ts';
import { outcome, planOf } from '../../../../support/plans.ts';
import { summaryOf } from '../../../../support/summaries.ts';

const SPLIT: StageRef = { index: 1, share: 0.2, fromMs: 0 };
const METRIC = outcome({
  name: 'revenue',
  outcome: 'purchase',
  attribution: 'served',
  loss: null,
  floor: 0.97,
  relativeTo: 'current',
  of: 'value',
  critical: true,
});
const PLAN = planOf([METRIC]);

/** Purchases of one window's own 8,000 and 2,000 requests, at these prices. */
function bought(
  window: number,
  purchases: { readonly current: readonly number[]; readonly canary: readonly number[] },
): ServedOutcome {
  const values: ValueCell[] = [];
  for (const price of purchases.current) addValue(values, 'current', price);
  for (const price of purchases.canary) addValue(values, 'canary', price);
  return {
    metric: 'revenue',
    requestWindowStartMs: window * 60_000,
    currentOpen: 8_000,
    canaryOpen: 2_000,
    currentEvents: purchases.current.length,
    canaryEvents: purchases.canary.length,
    currentValueSum: 0,
    canaryValueSum: 0,
    values,
  };
}

function times(n: number, price: number): readonly number[] {
  return Array.from({ length: n }, () => price);
}

function checkAfter(
  windowCount: number,
  purchases: Parameters<typeof bought>[1],
  stage: StageRef = SPLIT,
) {
  const summaries = Array.from({ length: windowCount }, (_, window) =>
    summaryOf({
      window,
      canary: { served: 2_000 },
      servedOutcomes: [bought(window, purchases)],
    }),
  );
  return checkNamed(judgeAll(PLAN, summaries, stage).verdicts.at(-1), 'revenue');
}

describe('the floor of values', () => {
  test('fires when the canary sells as often, for less', () => {
    const check = checkAfter(20, { current: times(400, 40), canary: times(100, 24) });
    expect(check).toMatchObject({ status: 'fail', asks: 'rollback', effectOf: 'mean ratio' });
    expect(check.effect).toBeCloseTo(0.6, 3);
    expect(check.sentence).toMatch(
      /^purchase of the canary is 60 % of the current model's \(the canary brings in 1.2 per request in this stage, 2 were expected at the current model's rate; values above 48 count as that\); floor 97 %; evidence/,
    );
  });

  test('fires when the canary sells as dear, less often', () => {
    expect(checkAfter(20, { current: times(400, 40), canary: times(60, 40) }).status).toBe('fail');
  });

  test('stays silent exactly at its floor, and for a canary that brings in more', () => {
    const at = checkAfter(300, { current: times(400, 40), canary: times(97, 40) });
    expect(at).toMatchObject({ status: 'pass', asks: 'none' });
    expect(at.logEvidence).toBeLessThan(1);
    expect(checkAfter(50, { current: times(400, 40), canary: times(120, 50) }).status).toBe('pass');
  });

  test('does not decide by one large purchase', () => {
    const usual = { current: times(400, 40), canary: times(100, 40) };
    const lucky = { current: [...usual.current, 1e6], canary: usual.canary };
    const summaries = Array.from({ length: 10 }, (_, window) =>
      summaryOf({ window, servedOutcomes: [bought(window, window === 5 ? lucky : usual)] }),
    );
    const check = checkNamed(judgeAll(PLAN, summaries, SPLIT).verdicts.at(-1), 'revenue');
    expect(check.status).toBe('pass');
    expect(check.effect).toBeGreaterThan(0.99);
  });

  test('says how many windows it needs below its floor', () => {
    const check = checkAfter(5, { current: times(400, 40), canary: times(100, 35) });
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'not_enough_evidence' });
    expect(check.decidableInWindowCount).toBeGreaterThan(1);
  });

  test('cannot tell before it knows how large values are, and says so', () => {
    const check = checkAfter(3, { current: times(20, 40), canary: [] });
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'too_few_samples' });
    expect(check.sentence).toBe(
      '60 values of purchase came for the current model; how large they are is known from 100 on',
    );
  });

  test('cannot tell without values, nor in shadow', () => {
    expect(checkAfter(3, { current: [], canary: [] })).toMatchObject({
      status: 'inconclusive',
      reason: 'no_labels',
    });
    const shadow = checkNamed(judgeAll(PLAN, [summaryOf()], SHADOW).verdicts.at(-1), 'revenue');
    expect(shadow).toMatchObject({ status: 'inconclusive', reason: 'not_served_here' });
  });

  test('takes a window that was stored without values for one that has none', () => {
    const { values: _values, ...stored } = bought(0, { current: times(400, 40), canary: [] });
    const summaries = [summaryOf({ servedOutcomes: [stored] })];
    const check = checkNamed(judgeAll(PLAN, summaries, SPLIT).verdicts.at(-1), 'revenue');
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'no_labels' });
  });

  test('goes on at 100 % by what was seen on the way', () => {
    const last: StageRef = { index: 2, share: 1, fromMs: 0 };
    const check = checkAfter(5, { current: times(400, 40), canary: times(100, 40) }, last);
    expect(check.status).toBe('pass');
  });
});
