import { assert } from '../../foundation/assert.ts';
import { type Inconclusive, inconclusive } from '../inconclusive.ts';
import { normalQuantile } from '../special/normal.ts';

/** Bounds of a rate, both in [0, 1]. */
export interface RateInterval {
  readonly state: 'measured';
  readonly lower: number;
  readonly upper: number;
}

/**
 * Wilson's score interval for a rate (Wilson, JASA 1927), two-sided, at confidence 1 - alpha with
 * alpha in (0, 1). Unlike the textbook interval it keeps inside [0, 1] and says something at 0 of n.
 * For one look: not valid when read after every window. Inconclusive without trials.
 *
 * @example wilsonInterval({ events: 0, trials: 1 }, 0.05) // lower 0, upper 0.7934506856227627
 */
export function wilsonInterval(rate: RateCounts, alpha: number): RateInterval | Inconclusive {
  const { events, trials } = rate;
  assert(events >= 0 && events <= trials, 'events are some of the trials');
  if (trials === 0) return inconclusive('empty');
  const z = -normalQuantile(alpha / 2);
  const share = events / trials;
  const denominator = 1 + (z * z) / trials;
  // The estimate is pulled towards 1/2 by z^2 / 2 imagined events of z^2 imagined trials.
  const centre = share + (z * z) / (2 * trials);
  const half = z * Math.sqrt((share * (1 - share)) / trials + ((z / trials) * z) / (4 * trials));
  return {
    state: 'measured',
    // At 0 and at n the bound is exactly the end of the scale; rounding must not say otherwise.
    lower: events === 0 ? 0 : Math.max(0, (centre - half) / denominator),
    upper: events === trials ? 1 : Math.min(1, (centre + half) / denominator),
  };
}

/** Events among trials. */
export interface RateCounts {
  /** Whole number in [0, trials]. */
  readonly events: number;
  readonly trials: number;
}
