import { quantileSorted } from 'simple-statistics';
import { type Inconclusive, inconclusive } from '../inconclusive.ts';

/**
 * Quantiles of a plain sample, with linear interpolation between order statistics: numpy's default,
 * R's type 7. NaN and infinities are left out. `probabilities` in [0, 1]; the answer has their order.
 * Inconclusive when no finite value is left.
 *
 * @example sampleQuantiles([4, 1, 3, 2], [0, 0.5, 1]) // [1, 2.5, 4]
 */
export function sampleQuantiles(
  values: readonly number[],
  probabilities: readonly number[],
): readonly number[] | Inconclusive {
  // A typed array sorts numbers as numbers, and many times faster than a comparison would.
  const sorted = Array.from(Float64Array.from(values.filter(Number.isFinite)).sort());
  if (sorted.length === 0) return inconclusive('empty');
  return probabilities.map((probability) => quantileSorted(sorted, probability));
}
