import { describe, expect, test } from 'vitest';
import { logEvidence } from '../../../../../src/core/stats/sequential/evidence.ts';
import {
  initialMeanSequence,
  type MeanRule,
  type Moments,
  updateArmMeans,
  updatePairedMean,
  weightOf,
} from '../../../../../src/core/stats/sequential/mean-sequence.ts';

const UP: MeanRule = { direction: 1, ratio: 1, difference: 0.02, dispersion: 1 };
const EMPTY: Moments = { count: 0, sum: 0, squareSum: 0 };

function momentsOf(count: number, mean: number, spread = 0.2): Moments {
  return { count, sum: count * mean, squareSum: count * (mean * mean + spread * spread) };
}

function afterArms(windows: readonly (readonly [current: Moments, canary: Moments])[], rule = UP) {
  return windows.reduce(
    (state, [current, canary]) => updateArmMeans(state, { current, canary }, rule),
    initialMeanSequence(),
  );
}

function afterPairs(windowCount: number, mean: number, rule = UP, spread = 0.1) {
  let state = initialMeanSequence();
  for (let w = 0; w < windowCount; w++) {
    state = updatePairedMean(state, { ...momentsOf(100, mean, spread), bound: 1 }, rule);
  }
  return logEvidence(state);
}

function times(n: number, current: Moments, canary: Moments) {
  return Array.from({ length: n }, () => [current, canary] as const);
}

describe('the mean of pairs', () => {
  test('is found above its limit, and not at it', () => {
    expect(afterPairs(10, 0.05)).toBeGreaterThan(Math.log(100));
    expect(afterPairs(500, 0.02)).toBeLessThan(0);
  });

  test('is found in the direction that is asked for', () => {
    expect(afterPairs(10, -0.05)).toBeLessThan(0);
    expect(afterPairs(10, -0.05, { ...UP, direction: -1 })).toBeGreaterThan(Math.log(100));
  });

  test('needs no variance: the same shift in every pair is one', () => {
    expect(afterPairs(10, 0.05, UP, 0)).toBeGreaterThan(Math.log(100));
    expect(afterPairs(10, 0, UP, 0)).toBeLessThan(0);
  });

  test('says nothing of no pair, and counts the window', () => {
    const state = updatePairedMean(initialMeanSequence(), { ...EMPTY, bound: 1 }, UP);
    expect(state).toMatchObject({ windowCount: 1 });
    expect(logEvidence(state)).toBeCloseTo(0, 12);
  });

  test('of one pair is worth no more than that pair can be', () => {
    const one = { count: 1, sum: 1, squareSum: 1, bound: 1 };
    expect(logEvidence(updatePairedMean(initialMeanSequence(), one, UP))).toBeLessThan(Math.LN2);
  });

  test('proves no harm in the other direction', () => {
    const noHarm: MeanRule = { ...UP, direction: -1, difference: -0.02 };
    expect(afterPairs(50, 0, noHarm)).toBeGreaterThan(Math.log(20));
    expect(afterPairs(500, 0.02, noHarm)).toBeLessThan(0);
  });
});

describe('the means of both arms', () => {
  test('begin when each arm has shown 100 values, and not with those', () => {
    const few = afterArms([[momentsOf(5_000, 0.3), momentsOf(99, 0.9)]]);
    expect(few.spread).toBeNull();
    const known = updateArmMeans(
      few,
      { current: momentsOf(9, 0.3), canary: momentsOf(1, 0.9) },
      UP,
    );
    expect(known.spread).toBeCloseTo(0.2, 2);
    expect(logEvidence(known)).toBeCloseTo(0, 12);
  });

  test('are found apart beyond the limit, at very unequal arms too', () => {
    const apart = times(20, momentsOf(1_900, 0.3), momentsOf(100, 0.4));
    expect(logEvidence(afterArms(apart))).toBeGreaterThan(Math.log(100));
    const within = times(500, momentsOf(1_900, 0.3), momentsOf(100, 0.32));
    expect(logEvidence(afterArms(within))).toBeLessThan(0);
  });

  test('are compared within each window: a rhythm that both share is no shift', () => {
    const windows = Array.from({ length: 200 }, (_, w) => {
      const mean = 0.5 + 0.3 * Math.sin(w / 20);
      const canary = 20 + w * 5;
      return [momentsOf(2_000 - canary, mean, 0.1), momentsOf(canary, mean, 0.1)] as const;
    });
    expect(logEvidence(afterArms(windows))).toBeLessThan(0);
  });

  test('can be tolerated by a ratio', () => {
    const rule = { ...UP, ratio: 1.25, difference: 0 };
    const at = (mean: number) =>
      logEvidence(afterArms(times(100, momentsOf(500, 0.4), momentsOf(500, mean)), rule));
    expect(at(0.5)).toBeLessThan(0);
    expect(at(0.6)).toBeGreaterThan(Math.log(100));
  });

  test('say nothing without variance, without an arm, and of a single value', () => {
    const flat = afterArms(times(50, momentsOf(500, 0.3, 0), momentsOf(500, 0.9, 0)));
    expect(flat.spread).toBeNull();
    const known = afterArms(times(1, momentsOf(500, 0.3), momentsOf(500, 0.3)));
    const before = logEvidence(known);
    for (const arms of [
      { current: EMPTY, canary: momentsOf(500, 0.9) },
      { current: momentsOf(500, 0.3), canary: EMPTY },
      { current: momentsOf(1, 0.3), canary: momentsOf(1, 0.9) },
      { current: momentsOf(500, 0.3, 0), canary: momentsOf(500, 0.9, 0) },
    ]) {
      expect(logEvidence(updateArmMeans(known, arms, UP))).toBeCloseTo(before, 12);
    }
  });

  test('lend a single canary value the variance of the current model', () => {
    const known = afterArms(times(1, momentsOf(500, 0.3), momentsOf(500, 0.3)));
    const arms = { current: momentsOf(500, 0.3), canary: momentsOf(1, 0.9, 0) };
    const logE = logEvidence(updateArmMeans(known, arms, UP));
    expect(logE).toBeGreaterThan(0);
    expect(logE).toBeLessThan(2);
  });

  test('weigh a window by what both arms bring', () => {
    expect(weightOf({ current: momentsOf(3, 0), canary: momentsOf(1, 0) })).toBe(0.75);
    expect(weightOf({ current: EMPTY, canary: EMPTY })).toBe(0);
  });
});
