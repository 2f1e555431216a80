import { assert } from '../../foundation/assert.ts';

/**
 * Hellinger distance, sqrt(sum (sqrt p - sqrt q)^2 / 2), in [0, 1]: a metric, 1 for disjoint sides,
 * steadier than KL where shares are small.
 *
 * @example hellingerDistance([1, 0], [0, 1]) // 1
 */
export function hellingerDistance(p: readonly number[], q: readonly number[]): number {
  assert(p.length === q.length, 'both share vectors have the same cells');
  let sum = 0;
  for (const [cell, share] of p.entries()) {
    sum += (Math.sqrt(share) - Math.sqrt(q[cell] ?? 0)) ** 2;
  }
  return Math.min(1, Math.sqrt(sum / 2));
}
