import { assert } from '../../foundation/assert.ts';

/** Stands in for a zero denominator in Lentz's recursion; far below every value that matters. */
const TINY = 1e-300;
/** A little above the spacing of doubles at 1, so that the recursion cannot tremble for ever. */
const PRECISION = 3e-16;
/** The fractions used here need about 5 sqrt(n) terms; 1e6 covers counts of 1e10. */
const TERM_COUNT_MAX = 1_000_000;

/** Term number n of b0 + a1/(b1 + a2/(b2 + ...)). */
export interface FractionTerm {
  readonly numerator: number;
  readonly denominator: number;
}

/**
 * Value of the continued fraction a1/(b1 + a2/(b2 + ...)), by the modified Lentz recursion
 * (Press et al., Numerical Recipes, 3rd ed., section 5.2): forwards, so that it stops where it has
 * converged. `termAt` is asked for n = 1, 2, ...
 *
 * @example continuedFraction(() => ({ numerator: 1, denominator: 1 })) // 0.618033988749895
 */
export function continuedFraction(termAt: (n: number) => FractionTerm): number {
  let value = TINY;
  let c = TINY;
  let d = 0;
  for (let n = 1; n <= TERM_COUNT_MAX; n++) {
    const { numerator, denominator } = termAt(n);
    d = 1 / nonZero(denominator + numerator * d);
    c = nonZero(denominator + numerator / c);
    const factor = c * d;
    value *= factor;
    if (Math.abs(factor - 1) <= PRECISION) return value;
  }
  assert(false, 'a continued fraction converges');
}

function nonZero(x: number): number {
  return Math.abs(x) < TINY ? TINY : x;
}
