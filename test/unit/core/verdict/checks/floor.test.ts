import { describe, expect, test } from 'vitest';
import type { StageRef } from '../../../../../src/core/events/verdict.ts';
import { checkNamed, judgeAll, SHADOW } from '../../../../support/judging.ts';
import { outcome, planOf } from '../../../../support/plans.ts';
import { summaryOf } from '../../../../support/summaries.ts';

const SPLIT: StageRef = { index: 1, share: 0.2, fromMs: 0 };
const METRIC = outcome({
  name: 'click-rate',
  outcome: 'click',
  attribution: 'served',
  loss: null,
  floor: 0.97,
  relativeTo: 'current',
  critical: true,
});
const PLAN = planOf([METRIC]);

/** So many clicks of 8,000 and 2,000 requests of the window itself. */
function checkAfter(
  windowCount: number,
  clicks: { current: number; canary: number },
  options: { plan?: ReturnType<typeof planOf>; stage?: StageRef } = {},
) {
  const stage = options.stage ?? SPLIT;
  const summaries = Array.from({ length: windowCount }, (_, window) =>
    summaryOf({
      window,
      servedOutcomes: [
        {
          metric: 'click-rate',
          requestWindowStartMs: window * 60_000,
          currentOpen: 8_000,
          canaryOpen: 2_000,
          currentEvents: clicks.current,
          canaryEvents: clicks.canary,
          currentValueSum: clicks.current,
          canaryValueSum: clicks.canary,
        },
      ],
    }),
  );
  const plan = options.plan ?? PLAN;
  return checkNamed(judgeAll(plan, summaries, stage).verdicts.at(-1), 'click-rate');
}

describe('the relative floor of a served outcome', () => {
  test('fires when the canary brings in less, with the numbers', () => {
    const check = checkAfter(10, { current: 400, canary: 60 });
    expect(check).toMatchObject({ status: 'fail', asks: 'rollback', countOf: 'labels' });
    expect(check.effect).toBeCloseTo(0.6);
    expect(check.sentence).toMatch(
      /^click of the canary is 60 % of the current model's \(600 against 1000 expected\); floor 97 %; evidence/,
    );
  });

  test('stays silent exactly at its floor', () => {
    const check = checkAfter(200, { current: 400, canary: 97 });
    expect(check).toMatchObject({ status: 'pass', asks: 'none' });
    expect(check.logEvidence).toBeLessThan(1);
  });

  test('does not mind a canary that brings in more', () => {
    expect(checkAfter(50, { current: 400, canary: 300 }).status).toBe('pass');
  });

  test('says how many windows it needs below its floor', () => {
    const check = checkAfter(3, { current: 400, canary: 90 });
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'not_enough_evidence' });
    expect(check.decidableInWindowCount).toBeGreaterThan(10);
  });

  test('cannot tell in shadow, and without an outcome', () => {
    expect(checkAfter(3, { current: 0, canary: 0 })).toMatchObject({
      status: 'inconclusive',
      reason: 'no_labels',
    });
    const nothing = [summaryOf()];
    const check = checkNamed(judgeAll(PLAN, nothing, SHADOW).verdicts.at(-1), 'click-rate');
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'not_served_here' });
  });

  test('without a floor may fall by what the tolerance lets a loss rise', () => {
    const plan = planOf([{ ...METRIC, floor: null, tolerance: { ratio: 2, difference: 0 } }]);
    expect(checkAfter(50, { current: 400, canary: 60 }, { plan }).threshold).toBe(0.5);
    expect(checkAfter(50, { current: 400, canary: 60 }, { plan }).status).toBe('pass');
    expect(checkAfter(50, { current: 400, canary: 30 }, { plan }).status).toBe('fail');
  });

  test('in the last stage goes by what was seen on the way there', () => {
    const last: StageRef = { index: 2, share: 1, fromMs: 0 };
    const below = checkAfter(3, { current: 400, canary: 90 }, { stage: last });
    expect(below.status).toBe('inconclusive');
    expect(below.reason).toBe('not_enough_evidence');
  });
});

describe('the absolute floor of a served outcome', () => {
  const horizonMs = 5 * 60_000;
  const plan = planOf([{ ...METRIC, floor: 0.03, relativeTo: null, horizonMs }]);

  function after(windowCount: number, clicks: number) {
    const summaries = Array.from({ length: windowCount }, (_, window) =>
      summaryOf({
        window,
        canary: { served: 1_000 },
        servedOutcomes: [
          {
            metric: 'click-rate',
            requestWindowStartMs: (window - 2) * 60_000,
            currentOpen: 0,
            canaryOpen: 1_000,
            currentEvents: 0,
            canaryEvents: clicks,
            currentValueSum: 0,
            canaryValueSum: clicks,
          },
        ],
      }),
    );
    return checkNamed(judgeAll(plan, summaries, SPLIT).verdicts.at(-1), 'click-rate');
  }

  test('fires below its floor, and says that it is not causal', () => {
    const check = after(40, 10);
    expect(check).toMatchObject({ status: 'fail', asks: 'rollback', effect: 0.01 });
    expect(check.sentence).toBe(
      `click followed 1 % of 35,000 canary answers within the horizon; floor 3 %; ${
        check.sentence.match(/evidence 10\^[\d.]+ to 1 against/)?.[0]
      } (not causal: it falls with the market too)`,
    );
    expect(check.bound).toBeLessThan(0.03);
  });

  test('stays silent at its floor', () => {
    expect(after(100, 30).status).toBe('pass');
  });

  test('counts an answer only when its horizon has passed', () => {
    expect(after(5, 0)).toMatchObject({ status: 'inconclusive', reason: 'no_labels' });
    expect(after(6, 0).canaryCount).toBe(1_000);
  });
});
