import { assert } from '../../foundation/assert.ts';

/**
 * Population stability index, sum (p - q) ln(p/q), in [0, infinity]; symmetric, equal to
 * KL(p || q) + KL(q || p) on the same shares. A cell that is zero on both sides adds nothing, on one
 * side only it makes the index infinite: smooth first. The customary bands 0.1 and 0.25 ignore the
 * sample size: read the value beside `psiAgainstNull`.
 *
 * @example populationStabilityIndex([0.5, 0.5], [0.75, 0.25]) // 0.27465307216702745
 */
export function populationStabilityIndex(p: readonly number[], q: readonly number[]): number {
  assert(p.length === q.length, 'both share vectors have the same cells');
  let sum = 0;
  for (const [cell, share] of p.entries()) {
    const other = q[cell] ?? 0;
    // Equal shares add zero, also where both are zero and the logarithm has no value.
    if (share !== other) sum += (share - other) * Math.log(share / other);
  }
  return sum;
}
