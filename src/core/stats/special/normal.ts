import { assert } from '../../foundation/assert.ts';
import { gammaRegularizedP, gammaRegularizedQ } from './incomplete-gamma.ts';

const HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2;
/** Beyond this many standard deviations Mills' fraction of 60 terms is exact to the last bit. */
const FAR_TAIL = 5;
const MILLS_TERM_COUNT = 60;

/**
 * Complementary error function, any x, in [0, 2]. Relative error below 1e-11 on both sides.
 * erfc(x) = Q(1/2, x^2) for x >= 0 (DLMF 7.11.2).
 *
 * @example erfc(1) // 0.15729920705028513
 */
export function erfc(x: number): number {
  return x >= 0 ? gammaRegularizedQ(0.5, x * x) : 1 + gammaRegularizedP(0.5, x * x);
}

/**
 * Distribution function of the standard normal, in [0, 1]; the lower tail keeps its digits.
 *
 * @example normalCdf(-2.5) // 0.006209665325776135
 */
export function normalCdf(x: number): number {
  return 0.5 * erfc(-x * Math.SQRT1_2);
}

/**
 * ln of `normalCdf`, finite where the plain one has underflown: x = -1000 gives -500007.8.
 *
 * @example normalLogCdf(-100) // -5005.524208694205
 */
export function normalLogCdf(x: number): number {
  if (x > 0) return Math.log1p(-normalCdf(-x));
  if (x > -FAR_TAIL) return Math.log(normalCdf(x));
  // Phi(-t) = phi(t) / (t + 1/(t + 2/(t + 3/(t + ...)))), Laplace; evaluated from the inside out.
  let mills = -x;
  for (let n = MILLS_TERM_COUNT; n >= 1; n--) mills = -x + n / mills;
  return -0.5 * x * x - HALF_LOG_TWO_PI - Math.log(mills);
}

/** Acklam's rational approximation of the normal quantile (2003): relative error below 1.2e-9. */
const CENTRE_OVER = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2,
  -3.066479806614716e1, 2.506628277459239,
] as const;
const CENTRE_UNDER = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1,
  -1.328068155288572e1, 1,
] as const;
const TAIL_OVER = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734,
  4.374664141464968, 2.938163982698783,
] as const;
const TAIL_UNDER = [
  7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1,
] as const;
const TAIL_BELOW = 0.02425;

function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
}

/**
 * Quantile of the standard normal, p in (0, 1): Acklam's approximation and one step of Halley on
 * ln Phi, which brings it to full precision even at p = 1e-300. p = 0 and 1 give the infinities.
 *
 * @example normalQuantile(0.975) // 1.959963984540054
 */
export function normalQuantile(p: number): number {
  assert(p >= 0 && p <= 1, 'a probability lies in [0, 1]');
  if (p === 0) return -Infinity;
  // 1 - p is exact here, and the lower tail is where relative precision is.
  if (p > 0.5) return -normalQuantile(1 - p);
  const start = acklam(p);
  if (start === 0) return 0;
  const error = Math.log(p) - normalLogCdf(start);
  // slope = (ln Phi)' = phi / Phi, curvature ratio (ln Phi)'' / (ln Phi)' = -x - slope
  const slope = Math.exp(-0.5 * start * start - HALF_LOG_TWO_PI - normalLogCdf(start));
  const step = error / slope;
  return start + step / (1 + 0.5 * step * (-start - slope));
}

function acklam(p: number): number {
  if (p < TAIL_BELOW) {
    const t = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL_OVER, t) / polynomial(TAIL_UNDER, t);
  }
  const q = p - 0.5;
  return (q * polynomial(CENTRE_OVER, q * q)) / polynomial(CENTRE_UNDER, q * q);
}
