import { describe, expect, test } from 'vitest';
import {
  initialRatioSums,
  ratioLowerBound,
  updateRatioSums,
} from '../../../../../src/core/stats/sequential/ratio-bound.ts';
import { mulberry32 } from '../../../../support/random.ts';
import { draw } from '../../../../support/traffic.ts';

const RULE = { logLine: Math.log(100), dispersion: 1 };

describe('the lower bound of a ratio', () => {
  function after(windows: number, errors: { current: number; canary: number }) {
    let sums = initialRatioSums();
    for (let window = 0; window < windows; window += 1) {
      sums = updateRatioSums(sums, {
        events: errors.canary,
        trials: errors.canary + errors.current,
        share: 0.5,
      });
    }
    return ratioLowerBound(sums, RULE);
  }

  test('is below the ratio, nearer with more windows', () => {
    const few = after(5, { current: 20, canary: 40 }) ?? Number.NaN;
    const many = after(100, { current: 20, canary: 40 }) ?? Number.NaN;
    expect(few).toBeLessThan(many);
    expect(many).toBeGreaterThan(1.6);
    expect(many).toBeLessThan(2);
  });

  test('is unknown without events, and of windows in which one arm was empty', () => {
    expect(after(100, { current: 0, canary: 0 })).toBeNull();
    const alone = updateRatioSums(initialRatioSums(), { events: 9, trials: 9, share: 1 });
    expect(alone).toEqual(initialRatioSums());
  });

  test('covers the true ratio in all looks of at least 99 of 100 runs', () => {
    const random = mulberry32(3);
    let wrong = 0;
    for (let run = 0; run < 100; run += 1) {
      let sums = initialRatioSums();
      let over = false;
      for (let window = 0; window < 20; window += 1) {
        const canary = draw(random, 500, 0.03);
        const trials = canary + draw(random, 500, 0.02);
        sums = updateRatioSums(sums, { events: canary, trials, share: 0.5 });
        if ((ratioLowerBound(sums, RULE) ?? 0) > 1.5) over = true;
      }
      if (over) wrong += 1;
    }
    expect(wrong).toBeLessThanOrEqual(1);
  });
});
