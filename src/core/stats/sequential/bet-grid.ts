/**
 * Parts of the wealth that are staked on values with a known limit, from 0.005 to 0.95: u = 1 - e^(-g),
 * g in equal steps of its logarithm. What suits best depends on the size of the effect and on the spread.
 */
export const BET_GRID: readonly number[] = Array.from(
  { length: 24 },
  (_, j) => -Math.expm1(-0.005 * 600 ** (j / 23)),
);
