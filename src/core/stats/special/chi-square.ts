import { assert } from '../../foundation/assert.ts';
import { gammaRegularizedP, gammaRegularizedQ } from './incomplete-gamma.ts';

/** Halvings of the bracket: enough to reach neighbouring doubles from any start. */
const HALVING_COUNT_MAX = 200;
const RELATIVE_WIDTH = 1e-14;

/**
 * P(chi-square <= x) with `degrees` > 0 degrees of freedom, x >= 0; in [0, 1].
 *
 * @example chiSquareCdf(2, 2) // 0.6321205588285577
 */
export function chiSquareCdf(x: number, degrees: number): number {
  return gammaRegularizedP(degrees / 2, x / 2);
}

/**
 * P(chi-square > x): the upper tail, with its digits down to 1e-300.
 *
 * @example chiSquareSf(3.84, 1) // 0.0500435212487051
 */
export function chiSquareSf(x: number, degrees: number): number {
  return gammaRegularizedQ(degrees / 2, x / 2);
}

/**
 * The x with P(chi-square <= x) = p, p in [0, 1): solved in the smaller tail.
 *
 * @example chiSquareQuantile(0.95, 1) // 3.841458820694124
 */
export function chiSquareQuantile(p: number, degrees: number): number {
  assert(p >= 0 && p < 1, 'a quantile is asked for a probability in [0, 1)');
  if (p > 0.5) return chiSquareUpperQuantile(1 - p, degrees);
  if (p === 0) return 0;
  return crossing((x) => chiSquareCdf(x, degrees) < p, degrees);
}

/**
 * The x that is exceeded with probability q, q in (0, 1]: a noise line at level 1 - q.
 *
 * @example chiSquareUpperQuantile(0.01, 9) // 21.665994333461928
 */
export function chiSquareUpperQuantile(q: number, degrees: number): number {
  assert(q > 0 && q <= 1, 'an upper quantile is asked for a probability in (0, 1]');
  if (q > 0.5) return chiSquareQuantile(1 - q, degrees);
  const key = `${q} ${degrees}`;
  const known = solved.get(key);
  if (known !== undefined) return known;
  const line = crossing((x) => chiSquareSf(x, degrees) > q, degrees);
  if (solved.size < SOLVED_MAX) solved.set(key, line);
  return line;
}

/** Noise lines are asked for field by field and window by window, at few levels: each is solved once. */
const solved = new Map<string, number>();
const SOLVED_MAX = 1000;

/**
 * Where a predicate that holds at 0 stops holding. Bisection: the tails are monotone, steep and
 * computed to full precision, so nothing faster is as safe; 60 evaluations cost microseconds.
 */
function crossing(isBelow: (x: number) => boolean, start: number): number {
  let low = 0;
  let high = start;
  while (isBelow(high)) {
    low = high;
    high *= 2;
  }
  for (let i = 0; i < HALVING_COUNT_MAX && high - low > RELATIVE_WIDTH * high; i++) {
    const middle = low + (high - low) / 2;
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return low + (high - low) / 2;
}
