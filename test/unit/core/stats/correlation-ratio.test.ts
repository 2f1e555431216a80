import { describe, expect, it } from 'vitest';
import { correlationRatio } from '../../../../src/core/stats/correlation-ratio.ts';

describe('the correlation ratio', () => {
  it('is the part of the variance that lies between cells', () => {
    const got = correlationRatio({ counts: [2, 2], sums: [2, 6], squareSums: [2, 20] });
    expect(got).toMatchObject({ state: 'measured' });
    expect('etaSquared' in got ? got.etaSquared : -1).toBeCloseTo(2 / 3, 12);
    expect('etaSquared' in got ? got.etaSquaredCorrected : -1).toBeCloseTo(0.5, 12);
  });

  it('is 1 when the cell tells the value', () => {
    const got = correlationRatio({ counts: [3, 3], sums: [0, 3], squareSums: [0, 3] });
    expect(got).toMatchObject({ etaSquared: 1, etaSquaredCorrected: 1 });
  });

  it('leaves empty cells out', () => {
    const full = correlationRatio({ counts: [2, 2], sums: [2, 6], squareSums: [2, 20] });
    const padded = correlationRatio({
      counts: [2, 0, 2, 0],
      sums: [2, 0, 6, 0],
      squareSums: [2, 0, 20, 0],
    });
    expect(padded).toEqual(full);
  });

  it.each([
    ['empty', { counts: [0, 0], sums: [0, 0], squareSums: [0, 0] }],
    ['empty', { counts: [], sums: [], squareSums: [] }],
    ['one_cell', { counts: [4, 0], sums: [4, 0], squareSums: [6, 0] }],
    ['no_variance', { counts: [1, 1], sums: [1, 2], squareSums: [1, 4] }],
    ['no_variance', { counts: [3, 3], sums: [0, 0], squareSums: [0, 0] }],
  ])('cannot tell: %s', (reason, moments) => {
    expect(correlationRatio(moments)).toEqual({ state: 'inconclusive', reason });
  });
});
