import { assert } from '../../foundation/assert.ts';

/**
 * Total variation distance, half the sum of |p - q|, in [0, 1]: the share of predictions that would
 * have to move to another cell to make both sides equal. The one divergence that reads as a percentage.
 *
 * @example totalVariation([0.5, 0.5], [0.75, 0.25]) // 0.25
 */
export function totalVariation(p: readonly number[], q: readonly number[]): number {
  assert(p.length === q.length, 'both share vectors have the same cells');
  const sum = p.reduce((total, share, cell) => total + Math.abs(share - (q[cell] ?? 0)), 0);
  return Math.min(1, sum / 2);
}
