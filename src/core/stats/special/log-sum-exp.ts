/**
 * ln of the sum of exp(values), without overflow or underflow. -Infinity stands for a zero summand;
 * of no values at all the sum is zero and its ln -Infinity.
 *
 * @example logSumExp([1000, 1000]) // 1000.6931471805599
 */
export function logSumExp(values: readonly number[]): number {
  let max = -Infinity;
  for (const value of values) if (value > max) max = value;
  // Subtracting an infinite maximum would make NaN of it.
  if (!Number.isFinite(max)) return max;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - max);
  return max + Math.log(sum);
}
