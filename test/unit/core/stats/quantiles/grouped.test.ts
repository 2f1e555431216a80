import { describe, expect, it } from 'vitest';
import { groupedQuantile, quantileCell } from '../../../../../src/core/stats/quantiles/grouped.ts';

describe('quantiles of grouped data', () => {
  it('lie in the first cell that reaches the share', () => {
    expect(quantileCell([5, 90, 5], 0.05)).toBe(0);
    expect(quantileCell([5, 90, 5], 0.051)).toBe(1);
    expect(quantileCell([5, 90, 5], 0.95)).toBe(1);
    expect(quantileCell([0, 3, 0], 0)).toBe(1);
    expect(quantileCell([0, 3, 0], 1)).toBe(1);
  });

  it('do not slip into the next cell by rounding', () => {
    // 0.07 * 100 is 7.000000000000001
    expect(quantileCell([7, 93], 0.07)).toBe(0);
  });

  it('are found among weighted counts too', () => {
    expect(quantileCell([0.5, 1.2, 0.1, 0], 1)).toBe(2);
    expect(quantileCell([0.2, 0.2, 0], 0.5)).toBe(1);
  });

  it('are linear inside a cell, and end at the edges of the open ones', () => {
    const histogram = { edges: [0, 10, 20], counts: [0, 50, 50, 0] };
    expect(groupedQuantile(histogram, 0.25)).toBe(5);
    expect(groupedQuantile(histogram, 1)).toBe(20);
    expect(groupedQuantile({ edges: [0, 10], counts: [4, 0, 4] }, 0.1)).toBe(0);
    expect(groupedQuantile({ edges: [0, 10], counts: [4, 0, 4] }, 0.9)).toBe(10);
  });

  it('cannot be told of an empty histogram, or of one cell without edges', () => {
    expect(quantileCell([0, 0], 0.5)).toEqual({ state: 'inconclusive', reason: 'empty' });
    expect(groupedQuantile({ edges: [1], counts: [0, 0] }, 0.5)).toEqual({
      state: 'inconclusive',
      reason: 'empty',
    });
    expect(groupedQuantile({ edges: [], counts: [9] }, 0.5)).toEqual({
      state: 'inconclusive',
      reason: 'one_cell',
    });
  });
});
