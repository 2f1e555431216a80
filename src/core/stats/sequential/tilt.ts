import { assert } from '../../foundation/assert.ts';
import { type EvidenceState, foldIncrements } from './evidence.ts';

/**
 * One window of a binomial tilt: which part of the events belongs to the canary, and which part
 * should. For a rate of one sample against a limit q0: events of trials, `share` = q0, no margin.
 */
export interface TiltCounts {
  /** Events of the canary: k. */
  readonly events: number;
  /** Events of both arms in the same window: K. */
  readonly trials: number;
  /** Share of the canary among the requests of the window, in [0, 1]. */
  readonly share: number;
  /** ln of the risk ratio that is tolerated; 0: none. */
  readonly logMargin: number;
}

export interface TiltOptions {
  /** 1: evidence that the ratio is above the margin. -1: that it is below (a drop, or a proof of no harm). */
  readonly direction: 1 | -1;
  /** Long-run dispersion >= 1 by which increments are divided; 1 for independent requests. */
  readonly dispersion: number;
}

/**
 * The alternatives: ln of the risk ratio beyond the margin, from 0.05 (a ratio of 1.05) to 5 (of 148),
 * in equal steps of their logarithm. Not knowing the size of a fault costs ln 24 at most.
 */
export const TILT_GRID: readonly number[] = Array.from(
  { length: 24 },
  (_, j) => 0.05 * 100 ** (j / 23),
);

/**
 * Share of the events that falls to the canary when its risk ratio is exp(logMargin):
 * rho R / (1 - rho + rho R).
 *
 * @example nullShare(0.5, Math.log(3)) // 0.75
 */
export function nullShare(share: number, logMargin: number): number {
  return (share * Math.exp(logMargin)) / (1 + share * Math.expm1(logMargin));
}

/**
 * ln of the factor of one window at one tilt g (of either sign):
 * k g - K ln(1 + theta0 (e^g - 1)), theta0 the share under the null. Its mean is at most 1 when both
 * arms are Bernoulli with a risk ratio within the margin, whatever the rate of the window (proof by
 * concavity of ln; it is exactly 1 for K draws with probability theta0).
 * Relatives: Lindon & Malek, NeurIPS 2022; Turner, Ly & Gruenwald, arXiv 2106.02693.
 *
 * @example
 * tiltLogFactor({ events: 5, trials: 125, share: 0.01, logMargin: 0 }, Math.log(3)) // 3.0177
 */
export function tiltLogFactor(counts: TiltCounts, tilt: number): number {
  const theta = nullShare(counts.share, counts.logMargin);
  return counts.events * tilt - counts.trials * Math.log1p(theta * Math.expm1(tilt));
}

/**
 * Folds the counts of one closed window; pure. Call it once per window, also when nothing happened:
 * a window without events, or in which one arm had no request (share 0 or 1), adds nothing but counts
 * for the clock of the restart half. Dividing increments by a dispersion >= 1 keeps the test valid
 * (Jensen) and repairs overdispersed or correlated requests approximately.
 *
 * @example
 * const counts = { events: 2, trials: 4, share: 0.01, logMargin: Math.log(1.1) };
 * logPlain(updateTilt(initialEvidence(), counts, { direction: 1, dispersion: 1 })) // 4.154
 */
export function updateTilt(
  state: EvidenceState,
  counts: TiltCounts,
  options: TiltOptions,
): EvidenceState {
  const { events, trials, share } = counts;
  assert(events >= 0 && events <= trials, 'canary events are some of all events');
  assert(share >= 0 && share <= 1, 'the share of the canary lies in [0, 1]');
  assert(options.dispersion >= 1, 'a dispersion below 1 would invent evidence');
  const saysNothing = trials === 0 || share === 0 || share === 1;
  const increments = TILT_GRID.map((tilt) =>
    saysNothing ? 0 : tiltLogFactor(counts, options.direction * tilt) / options.dispersion,
  );
  return foldIncrements(state, increments);
}
