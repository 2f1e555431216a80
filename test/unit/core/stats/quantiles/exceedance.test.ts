import { describe, expect, it } from 'vitest';
import { exceedance } from '../../../../../src/core/stats/quantiles/exceedance.ts';

describe('counts above the pooled quantile', () => {
  it('are of both arms against one threshold', () => {
    expect(exceedance({ current: [90, 5, 0], canary: [5, 0, 5] }, 0.9)).toEqual({
      state: 'measured',
      cell: 0,
      currentAbove: 5,
      canaryAbove: 5,
      currentTotal: 95,
      canaryTotal: 10,
    });
  });

  it('are never more than the tail share of all', () => {
    const got = exceedance({ current: [50, 30, 20], canary: [10, 10, 10] }, 0.75);
    expect(got).toMatchObject({ cell: 1, currentAbove: 20, canaryAbove: 10 });
  });

  it('exist when one arm is empty, and not when both are', () => {
    expect(exceedance({ current: [9, 1], canary: [0, 0] }, 0.9)).toMatchObject({ canaryAbove: 0 });
    expect(exceedance({ current: [0, 0], canary: [0, 0] }, 0.9)).toEqual({
      state: 'inconclusive',
      reason: 'empty',
    });
  });
});
