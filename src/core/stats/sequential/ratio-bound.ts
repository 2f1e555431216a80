import { logSumExp } from '../special/log-sum-exp.ts';
import type { BoundRule } from './rate-bound.ts';

/** What a bound of the risk ratio is computed from: sums over windows, so they merge. */
export interface RatioSums {
  /** Canary events of windows in which both arms had requests. */
  readonly events: number;
  /** Sum over windows of events of both arms times ln(1 + share (ratio - 1)), per ratio of the grid. */
  readonly cumulants: readonly number[];
}

/** ln of the ratios that are told apart: from 1/55 to 55, 10 % apart. */
const LOG_RATIOS: readonly number[] = Array.from({ length: 81 }, (_, i) => (i - 40) / 10);

/**
 * Sums of no window.
 *
 * @example initialRatioSums().events // 0
 */
export function initialRatioSums(): RatioSums {
  return { events: 0, cumulants: LOG_RATIOS.map(() => 0) };
}

/**
 * Adds one window: canary events, events of both arms, the canary's share of the requests.
 * A window in which one arm is empty says nothing and is left out.
 *
 * @example updateRatioSums(initialRatioSums(), { events: 3, trials: 4, share: 0.5 }).events // 3
 */
export function updateRatioSums(
  sums: RatioSums,
  window: { readonly events: number; readonly trials: number; readonly share: number },
): RatioSums {
  const { events, trials, share } = window;
  if (trials === 0 || share <= 0 || share >= 1) return sums;
  return {
    events: sums.events + events,
    cumulants: sums.cumulants.map(
      (sum, i) => sum + trials * Math.log1p(share * Math.expm1(LOG_RATIOS[i] ?? 0)),
    ),
  };
}

/**
 * Anytime-valid lower bound of the risk ratio (canary over current), stratified by window: the
 * largest ratio of the grid that a mixture over all larger ones rejects at this line. Between two
 * ratios of the grid the lower one is given. Null when none can be excluded.
 * Source: inversion of the tilt, ln LR(d1; d0) = k (d1 - d0) - (A(d1) - A(d0)).
 *
 * @example ratioLowerBound(initialRatioSums(), { logLine: 4.6, dispersion: 1 }) // null
 */
export function ratioLowerBound(sums: RatioSums, rule: BoundRule): number | null {
  const line = rule.logLine + Math.LN2;
  let bound: number | null = null;
  for (const [i, logRatio] of LOG_RATIOS.entries()) {
    const beyond = LOG_RATIOS.slice(i + 1);
    if (beyond.length === 0) break;
    const base = sums.cumulants[i] ?? 0;
    const logRatios = beyond.map((other, j) => {
      const growth = (sums.cumulants[i + 1 + j] ?? 0) - base;
      return (sums.events * (other - logRatio) - growth) / rule.dispersion;
    });
    if (logSumExp(logRatios) - Math.log(beyond.length) < line) break;
    bound = Math.exp(logRatio);
  }
  return bound;
}
