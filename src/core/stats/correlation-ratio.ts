import { assert } from '../foundation/assert.ts';
import { type Inconclusive, inconclusive } from './inconclusive.ts';

/** Per cell of a feature: number of values, their sum, the sum of their squares. */
export interface CellMoments {
  readonly counts: readonly number[];
  readonly sums: readonly number[];
  readonly squareSums: readonly number[];
}

/** How much of the variance of a value its cell explains. */
export interface CorrelationRatio {
  readonly state: 'measured';
  /** Between-cell over total sum of squares, in [0, 1]. */
  readonly etaSquared: number;
  /** Mean of eta squared when cells mean nothing: (cells - 1)/(n - 1). */
  readonly nullMean: number;
  /** (eta squared - null mean)/(1 - null mean): rank features by this one; may be negative. */
  readonly etaSquaredCorrected: number;
}

/**
 * Correlation ratio of a value (the score difference, where there is no decision to disagree about)
 * by the cell of a feature, from additive moments, so that partials merge. Empty cells do not count.
 * The correction is Kelley's epsilon squared: without it many cells always explain more.
 * Squares are summed around zero: meant for values near zero, such as differences; values far from
 * it lose digits. Inconclusive without values, when one cell holds all of them, when no cell has two
 * (n <= cells), or when all values are equal.
 *
 * @example
 * correlationRatio({ counts: [2, 2], sums: [2, 6], squareSums: [2, 20] })
 * // { etaSquared: 0.667, nullMean: 0.333, etaSquaredCorrected: 0.5 } for values [1, 1] and [2, 4]
 */
export function correlationRatio(moments: CellMoments): CorrelationRatio | Inconclusive {
  const cells = liveCells(moments);
  const count = cells.reduce((total, cell) => total + cell.count, 0);
  if (count === 0) return inconclusive('empty');
  if (cells.length < 2) return inconclusive('one_cell');
  // One value per cell leaves nothing to compare the differences of cells with.
  if (count <= cells.length) return inconclusive('no_variance');
  const mean = cells.reduce((total, cell) => total + cell.sum, 0) / count;
  let between = 0;
  let within = 0;
  for (const cell of cells) {
    // Between and within are summed apart: their total from squares would cancel.
    const cellMean = cell.sum / cell.count;
    between += cell.count * (cellMean - mean) ** 2;
    // Rounding of the sums may leave a tiny negative remainder where a cell holds one value.
    within += Math.max(0, cell.squareSum - cell.sum * cellMean);
  }
  if (between + within === 0) return inconclusive('no_variance');
  const etaSquared = between / (between + within);
  const nullMean = (cells.length - 1) / (count - 1);
  return {
    state: 'measured',
    etaSquared,
    nullMean,
    etaSquaredCorrected: (etaSquared - nullMean) / (1 - nullMean),
  };
}

/** Moments of a cell that has at least one value. */
interface LiveCell {
  readonly count: number;
  readonly sum: number;
  readonly squareSum: number;
}

function liveCells({ counts, sums, squareSums }: CellMoments): readonly LiveCell[] {
  assert(
    counts.length === sums.length && sums.length === squareSums.length,
    'each cell has a count, a sum and a sum of squares',
  );
  return counts
    .map((count, cell) => ({ count, sum: sums[cell] ?? 0, squareSum: squareSums[cell] ?? 0 }))
    .filter((cell) => cell.count > 0);
}
