import { assert } from '../../foundation/assert.ts';

/**
 * How empty cells are handled when counts become shares.
 * - `additive`: (count + 0.5) / (n + 0.5 B); no share is zero, and the chi-square null of PSI holds.
 * - `floor`: Evidently's rule, to reproduce its numbers: a zero share becomes 0.0001, or a
 *   millionth of the smallest share above zero when that is not above 0.0001. Sums to more than 1.
 * - `none`: count / n; a cell that is empty on one side makes KL and PSI infinite.
 */
export type SmoothingMode = 'additive' | 'floor' | 'none';

/** Counts or shares of both arms over the same cells, in the same order. */
export interface ArmCells {
  readonly current: readonly number[];
  readonly canary: readonly number[];
}

const PSEUDO_COUNT = 0.5;
const FLOOR = 1e-4;
const FLOOR_OF_SMALL = 1e-6;

/**
 * Sum of the counts of a histogram.
 *
 * @example totalOf([2, 3]) // 5
 */
export function totalOf(counts: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i] ?? 0;
  return sum;
}

/**
 * Shares of the cells of one arm, in [0, 1]. `additive` answers for an empty histogram too (equal
 * shares: plain arithmetic, not knowledge; the caller says "inconclusive"); the other modes need at
 * least one observation.
 *
 * @example sharesOf([3, 0], 'additive') // [0.875, 0.125]
 */
export function sharesOf(counts: readonly number[], mode: SmoothingMode): readonly number[] {
  const total = totalOf(counts);
  if (mode === 'additive') {
    const denominator = total + PSEUDO_COUNT * counts.length;
    return counts.map((count) => (count + PSEUDO_COUNT) / denominator);
  }
  assert(total > 0, 'plain shares need an observation');
  const shares = counts.map((count) => count / total);
  return mode === 'none' ? shares : floored(shares);
}

function floored(shares: readonly number[]): readonly number[] {
  const smallest = shares.reduce((min, share) => (share > 0 && share < min ? share : min), 1);
  const floor = smallest <= FLOOR ? smallest * FLOOR_OF_SMALL : FLOOR;
  return shares.map((share) => (share === 0 ? floor : share));
}

/**
 * Both arms without the cells that are empty everywhere: in the reference profile and in both arms.
 * Such a cell (the `null` cell of a field that is never null) is no degree of freedom: counting it in
 * B would move the null line. All three vectors have one entry per cell.
 *
 * @example
 * withoutEmptyCells([5, 0, 0], { current: [4, 0, 0], canary: [3, 1, 0] })
 * // { current: [4, 0], canary: [3, 1] }
 */
export function withoutEmptyCells(reference: readonly number[], counts: ArmCells): ArmCells {
  const { current, canary } = counts;
  assert(
    reference.length === current.length && current.length === canary.length,
    'profile and arms have the same cells',
  );
  const isLive = (_: number, cell: number): boolean =>
    (reference[cell] ?? 0) > 0 || (current[cell] ?? 0) > 0 || (canary[cell] ?? 0) > 0;
  return { current: current.filter(isLive), canary: canary.filter(isLive) };
}
