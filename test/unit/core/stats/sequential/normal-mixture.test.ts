import { describe, expect, it } from 'vitest';
import {
  logNormalMixture,
  mixtureTuning,
  normalMixtureBound,
} from '../../../../../src/core/stats/sequential/normal-mixture.ts';

describe('the normal mixture', () => {
  it('is no evidence before anything was seen', () => {
    expect(logNormalMixture({ sum: 0, variance: 0, tuning: 5 }, 'two')).toBe(0);
    expect(logNormalMixture({ sum: 0, variance: 0, tuning: 5 }, 'one')).toBeCloseTo(0, 14);
  });

  it.each(['one', 'two'] as const)('reaches its line at its bound, %s-sided', (sides) => {
    const bound = normalMixtureBound(60, { alpha: 0.05, tunedAt: 100 }, sides);
    const tuning = mixtureTuning({ varianceAt: 100, alpha: 0.05 }, sides);
    const state = { sum: bound, variance: 60, tuning };
    expect(logNormalMixture(state, sides)).toBeCloseTo(Math.log(20), 10);
  });

  it('stays finite for sums far below and far above', () => {
    for (const sum of [-1e6, 1e6]) {
      const value = logNormalMixture({ sum, variance: 1, tuning: 1 }, 'one');
      expect(Number.isFinite(value)).toBe(true);
    }
  });

  it('refuses an alpha that leaves nothing to tune', () => {
    expect(() => mixtureTuning({ varianceAt: 1, alpha: 0.5 }, 'one')).toThrow('usable alpha');
    expect(() => mixtureTuning({ varianceAt: 0, alpha: 0.05 }, 'two')).toThrow('usable alpha');
  });
});
