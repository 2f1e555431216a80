import { assert } from '../../foundation/assert.ts';
import { continuedFraction } from './continued-fraction.ts';
import { logGamma } from './log-gamma.ts';

const PRECISION = 1e-17;

/**
 * Regularised lower incomplete gamma function P(a, x), a > 0, x >= 0: the distribution function of a
 * gamma variable of shape a, in [0, 1]. Relative error below 1e-10. Series DLMF 8.11.4 below the
 * mean, else one minus the other tail.
 *
 * @example gammaRegularizedP(1, 1) // 0.6321205588285577 = 1 - 1/e
 */
export function gammaRegularizedP(a: number, x: number): number {
  assert(a > 0 && x >= 0, 'the incomplete gamma function takes a > 0, x >= 0');
  if (x === 0 || x === Infinity) return x === 0 ? 0 : 1;
  return x < a + 1 ? lowerSeries(a, x) : 1 - upperFraction(a, x);
}

/**
 * Regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x), in [0, 1]; tails keep their
 * digits down to 1e-300. Continued fraction DLMF 8.9.2 (even part) above the mean.
 *
 * @example gammaRegularizedQ(1, 1) // 0.36787944117144233 = 1/e
 */
export function gammaRegularizedQ(a: number, x: number): number {
  assert(a > 0 && x >= 0, 'the incomplete gamma function takes a > 0, x >= 0');
  if (x === 0 || x === Infinity) return x === 0 ? 1 : 0;
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x);
}

function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * PRECISION; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * Math.exp(a * Math.log(x) - x - logGamma(a));
}

function upperFraction(a: number, x: number): number {
  const fraction = continuedFraction((n) => ({
    numerator: n === 1 ? 1 : (n - 1) * (a - (n - 1)),
    denominator: x - a + 2 * n - 1,
  }));
  return fraction * Math.exp(a * Math.log(x) - x - logGamma(a));
}
