import { totalOf } from './divergence/shares.ts';

/**
 * Entropy of the plain shares of a histogram, in nats, in [0, ln B]. Of an empty histogram, or one
 * cell, it is 0: there is nothing to be unsure about.
 *
 * @example entropyOf([98, 2]) // 0.098039113279732
 */
export function entropyOf(counts: readonly number[]): number {
  const total = totalOf(counts);
  let sum = 0;
  for (const count of counts) if (count > 0) sum -= (count / total) * Math.log(count / total);
  // Of a single cell the sum is -0.
  return Math.max(0, sum);
}
