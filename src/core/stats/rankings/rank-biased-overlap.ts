import type { SharedItems } from './shared-items.ts';

/**
 * Rank-biased overlap of two finite rankings, extrapolated: how much they agree to a reader who goes
 * on from each place to the next with probability p, in [0, 1]; 1 when one begins with all of the
 * other. With X_d items shared by the first d of both, s and l the lengths of the shorter and the
 * longer one:
 *
 *   RBO_EXT = (1 - p)/p * (sum_{d=1..l} X_d/d p^d + sum_{d=s+1..l} X_s (d - s)/(s d) p^d)
 *             + ((X_l - X_s)/l + X_s/s) p^l
 *
 * 0 where only one is empty; null where both are. Added up in the order of depth, so that the same
 * rankings give the same bits everywhere.
 * Source: Webber, Moffat & Zobel, A similarity measure for indefinite rankings, ACM TOIS 28(4), 2010,
 * equation 32.
 *
 * @example of [1, 2, 3, 4, 5] and [2, 3, 4, 1, 5] with p = 0.9 // 0.828
 */
export function rankBiasedOverlap(shared: SharedItems, persistence: number): number | null {
  const { newAtDepth, shorterLength: s, longerLength: l } = shared;
  if (l === 0) return null;
  if (s === 0) return 0;
  let weight = 1;
  let seen = 0;
  let seenInShorter = 0;
  let sum = 0;
  for (let d = 1; d <= l; d++) {
    weight *= persistence;
    seen += newAtDepth[d - 1] ?? 0;
    if (d <= s) seenInShorter = seen;
    const beyond = d > s ? (seenInShorter * (d - s)) / (s * d) : 0;
    sum += (seen / d + beyond) * weight;
  }
  const extrapolated = ((seen - seenInShorter) / l + seenInShorter / s) * weight;
  // Equal rankings may come out one bit above 1.
  return Math.min(1, ((1 - persistence) / persistence) * sum + extrapolated);
}
