import { assert } from '../../foundation/assert.ts';
import { totalOf } from './shares.ts';

/**
 * Kullback-Leibler divergence KL(p || q) = sum p ln(p/q) in nats, in [0, infinity]: how surprising
 * data from p look to one who expects q. Not symmetric: the caller names the direction. A cell with
 * p = 0 adds nothing; one with only q = 0 makes it infinite. Shares that do not sum to 1 (mode
 * `floor`) are rescaled first, as scipy's `entropy` does.
 *
 * @example klDivergence([0.5, 0.5], [0.75, 0.25]) // 0.14384103622589045
 */
export function klDivergence(p: readonly number[], q: readonly number[]): number {
  assert(p.length === q.length, 'both share vectors have the same cells');
  const pTotal = totalOf(p);
  const qTotal = totalOf(q);
  let sum = 0;
  for (const [cell, share] of p.entries()) {
    if (share === 0) continue;
    sum += (share / pTotal) * Math.log(share / pTotal / ((q[cell] ?? 0) / qTotal));
  }
  // Rounding may leave -1e-17 where the two sides are equal.
  return Math.max(0, sum);
}
