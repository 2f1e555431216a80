import { assert } from '../../foundation/assert.ts';
import { normalLogCdf } from '../special/normal.ts';

/** Which departures a normal mixture looks for: above zero only, or on both sides. */
export type Sides = 'one' | 'two';

/** A sum with its accumulated variance, and the tuning of the mixture. */
export interface MixtureState {
  /** Sum of the observations, centred at the null. */
  readonly sum: number;
  /** Accumulated variance (or, for symmetric observations, sum of squares), >= 0. */
  readonly variance: number;
  /** Tuning r > 0, from `mixtureTuning`. */
  readonly tuning: number;
}

/**
 * The tuning r that makes the bound tightest when the accumulated variance is about `varianceAt`,
 * for the alpha in use, in (0, 1); a one-sided bound is tuned as a two-sided one at 2 alpha.
 * Howard, Ramdas, McAuliffe & Sekhon, Annals of Statistics 49(2) 2021, section 3.5.
 *
 * @example mixtureTuning({ varianceAt: 50, alpha: 0.05 }, 'one') // 7.9003174534252665
 */
export function mixtureTuning(
  aim: { readonly varianceAt: number; readonly alpha: number },
  sides: Sides,
): number {
  const alpha = sides === 'one' ? 2 * aim.alpha : aim.alpha;
  assert(aim.varianceAt > 0 && alpha > 0 && alpha < 1, 'a mixture is tuned for a usable alpha');
  const twiceLog = -2 * Math.log(alpha);
  return aim.varianceAt / (twiceLog + Math.log1p(twiceLog));
}

/**
 * ln of the normal mixture martingale: valid at every look at once for sums of normal or
 * sub-Gaussian increments, asymptotically for any with finite variance (same paper, Propositions 4
 * and 5). Never NaN; 0 variance and sum 0 give 0 two-sided, and 0 one-sided.
 *
 * @example logNormalMixture({ sum: 20, variance: 150, tuning: 15.8 }, 'one') // 0.6619 (vOpt 100)
 */
export function logNormalMixture(state: MixtureState, sides: Sides): number {
  const { sum, variance, tuning } = state;
  const total = variance + tuning;
  const exponent = (sum * sum) / (2 * total);
  if (sides === 'two') return 0.5 * Math.log(tuning / total) + exponent;
  return 0.5 * Math.log((4 * tuning) / total) + exponent + normalLogCdf(sum / Math.sqrt(total));
}

/** Halvings that bring the bracket of the one-sided bound to the precision of a double. */
const HALVING_COUNT = 60;

/** How a bound is meant. */
export interface BoundAim {
  /** Probability in (0, 1) that the bound is ever exceeded. */
  readonly alpha: number;
  /** Accumulated variance at which it is to be tightest. */
  readonly tunedAt: number;
  /** The alpha it is tuned for, where that is not the alpha in use. */
  readonly tunedFor?: number;
}

/**
 * The sum that a walk of this accumulated variance exceeds at any time with probability at most
 * alpha: where `logNormalMixture` reaches ln(1/alpha). In closed form on two sides, by bisection on
 * one, where the mixture grows with the sum.
 *
 * @example normalMixtureBound(60, { alpha: 0.05, tunedAt: 100 }) // 21.65441358339649
 */
export function normalMixtureBound(variance: number, aim: BoundAim, sides: Sides = 'one'): number {
  const { alpha, tunedAt, tunedFor = alpha } = aim;
  const tuning = mixtureTuning({ varianceAt: tunedAt, alpha: tunedFor }, sides);
  const level = -Math.log(alpha);
  const twoSided = Math.sqrt((variance + tuning) * (Math.log1p(variance / tuning) + 2 * level));
  if (sides === 'two') return twoSided;
  // Above zero the one-sided mixture is never below the two-sided one, and at zero it is at most 1.
  let low = 0;
  let high = twoSided;
  for (let i = 0; i < HALVING_COUNT; i++) {
    const middle = (low + high) / 2;
    if (logNormalMixture({ sum: middle, variance, tuning }, 'one') < level) low = middle;
    else high = middle;
  }
  return high;
}
