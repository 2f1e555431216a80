import { binomialCdf } from '../special/binomial.ts';

/**
 * Probability that a canary whose true event rate is `rate` shows at most `rateMax` in so many
 * samples, and so passes a check of its estimate: "a canary with twice the errors would have passed
 * here with probability X". An upper bound of the chance to slip through, because evidence over the
 * windows may stop it sooner. Without samples it is 1: everything passes. Rates in [0, 1].
 *
 * @example passProbability({ samples: 500, rate: 0.02, rateMax: 0.0125 }) // 0.1276
 */
export function passProbability(check: {
  readonly samples: number;
  readonly rate: number;
  readonly rateMax: number;
}): number {
  const { samples, rate, rateMax } = check;
  // A limit of 3 events of 100 must not become 2 because 0.03 * 100 is rounded down.
  const eventsMax = Math.floor(rateMax * samples * (1 + 4 * Number.EPSILON));
  return binomialCdf(eventsMax, { trials: samples, rate });
}
