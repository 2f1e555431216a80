import { describe, expect, test } from 'vitest';
import { BET_GRID } from '../../../../../src/core/stats/sequential/bet-grid.ts';
import { tiltLogFactor } from '../../../../../src/core/stats/sequential/tilt.ts';
import {
  cappedSum,
  type ValueGroup,
  valueTiltIncrements,
} from '../../../../../src/core/stats/sequential/value-tilt.ts';

const RULE = { logMargin: Math.log(0.97), cap: 8, dispersion: 1 };

/** Values of 2 in a cell from 2 to 3. */
function twos(canaryCount: number, currentCount: number): ValueGroup {
  return {
    low: 2,
    high: 3,
    canaryCount,
    canarySum: 2 * canaryCount,
    currentCount,
    currentSum: 2 * currentCount,
  };
}

describe('the tilt of values', () => {
  test('is the tilt of events where all values are the cap', () => {
    const group = { ...twos(3, 40), low: 2, high: 3 };
    const share = 0.2;
    const got = valueTiltIncrements([{ groups: [group], share }], { ...RULE, cap: 2 });
    BET_GRID.forEach((stake, j) => {
      const theta = (share * 0.97) / (1 - share + share * 0.97);
      const tilt = Math.log1p(-stake / (1 + stake * theta));
      const counts = { events: 3, trials: 43, share, logMargin: RULE.logMargin };
      expect(got[j]).toBeCloseTo(tiltLogFactor(counts, tilt), 9);
    });
  });

  test('says nothing without values, or where only one arm is open', () => {
    const nothing = BET_GRID.map(() => 0);
    expect(valueTiltIncrements([], RULE)).toEqual(nothing);
    for (const share of [0, 1]) {
      expect(valueTiltIncrements([{ groups: [twos(3, 4)], share }], RULE)).toEqual(nothing);
    }
  });

  test('grows when values go to the current model, and falls when they go to the canary', () => {
    const after = (group: ValueGroup) =>
      Math.max(...valueTiltIncrements([{ groups: [group], share: 0.5 }], RULE));
    expect(after(twos(0, 100))).toBeGreaterThan(10);
    expect(after(twos(100, 100))).toBeLessThan(1);
    expect(
      Math.max(...valueTiltIncrements([{ groups: [twos(9, 0)], share: 0.5 }], RULE)),
    ).toBeLessThan(0);
  });

  test('takes from a cell no more than its values, wherever they lie in it, could give', () => {
    const values = [2, 2.1, 2.9, 2.5];
    const sum = values.reduce((a, b) => a + b, 0);
    const group = {
      ...twos(0, 0),
      canaryCount: 4,
      canarySum: sum,
      currentCount: 4,
      currentSum: sum,
    };
    const got = valueTiltIncrements([{ groups: [group], share: 0.5 }], { ...RULE, logMargin: 0 });
    BET_GRID.forEach((stake, j) => {
      const exact = values.reduce(
        (all, value) =>
          all + Math.log1p((-stake / 8 / 2) * value) + Math.log1p((stake / 8 / 2) * value),
        0,
      );
      expect(got[j]).toBeLessThanOrEqual(exact + 1e-12);
      expect(got[j]).toBeGreaterThan(1.2 * exact - 1e-9);
    });
  });

  test('counts what lies above the cap as the cap', () => {
    const large = { ...twos(2, 1), low: 1024, high: 1536, canarySum: 2500, currentSum: 1200 };
    expect(cappedSum([large, twos(1, 0)], 8, 'canary')).toBe(18);
    expect(cappedSum([large, twos(1, 0)], 8, 'current')).toBe(8);
    const at = { ...twos(2, 1), low: 8, high: 12, canarySum: 20, currentSum: 10 };
    const tilt = (group: ValueGroup) =>
      valueTiltIncrements([{ groups: [group], share: 0.3 }], RULE);
    expect(tilt(large)).toEqual(tilt(at));
  });
});
