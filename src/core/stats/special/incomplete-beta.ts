import { assert } from '../../foundation/assert.ts';
import { continuedFraction, type FractionTerm } from './continued-fraction.ts';
import { logBeta } from './log-gamma.ts';

/**
 * Regularised incomplete beta function I_x(a, b), x in [0, 1], a > 0, b > 0: the distribution
 * function of Beta(a, b) at x, in [0, 1]. Relative error below 1e-9 down to 1e-300, so that small
 * tails keep their digits. Continued fraction DLMF 8.17.22.
 *
 * @example betaRegularized(0.5, { a: 2, b: 3 }) // 0.6875
 */
export function betaRegularized(x: number, shape: BetaShape): number {
  assert(x >= 0 && x <= 1, 'the incomplete beta function is defined on [0, 1]');
  if (x === 0 || x === 1) return x;
  const { a, b } = shape;
  // The fraction converges fast below the mean; above it the mirror image is computed instead.
  return x <= (a + 1) / (a + b + 2) ? lowerTail(x, a, b) : 1 - lowerTail(1 - x, b, a);
}

/**
 * The other tail, 1 - I_x(a, b) = I_(1-x)(b, a), without the loss of digits of the subtraction
 * (1 - x is exact for x >= 1/2, and harmless below).
 *
 * @example betaRegularizedComplement(0.5, { a: 2, b: 3 }) // 0.3125
 */
export function betaRegularizedComplement(x: number, shape: BetaShape): number {
  assert(x >= 0 && x <= 1, 'the incomplete beta function is defined on [0, 1]');
  if (x === 0 || x === 1) return 1 - x;
  const { a, b } = shape;
  return x <= (a + 1) / (a + b + 2) ? 1 - lowerTail(x, a, b) : lowerTail(1 - x, b, a);
}

export interface BetaShape {
  readonly a: number;
  readonly b: number;
}

function lowerTail(x: number, a: number, b: number): number {
  const logFront = a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b);
  const fraction = continuedFraction((n) => betaTerm(n, x, { a, b }));
  return (Math.exp(logFront) * fraction) / a;
}

/** Term n of the fraction: 1, then the odd and even coefficients of DLMF 8.17.23. */
function betaTerm(n: number, x: number, { a, b }: BetaShape): FractionTerm {
  if (n === 1) return { numerator: 1, denominator: 1 };
  const m = Math.floor((n - 1) / 2);
  const numerator =
    n % 2 === 1
      ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
      : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
  return { numerator, denominator: 1 };
}
