import { logSumExp } from '../special/log-sum-exp.ts';
import { TILT_GRID } from './tilt.ts';

/** At which line a bound is read, and by how much evidence is divided. */
export interface BoundRule {
  /** ln(1/alpha) of the test whose bound it is. */
  readonly logLine: number;
  readonly dispersion: number;
}

const STEPS = 30;
/** exp(tilt) - 1 of every tilt. */
const GROWTH = TILT_GRID.map((tilt) => Math.expm1(tilt));

/**
 * Anytime-valid lower bound of a rate: the largest limit that the plain half of the one-sample tilt
 * alone would reject at this line. With probability at least 1 - alpha it never exceeds the highest
 * rate of any window. `trials` and `events` are totals of all windows. In [0, 1]; 0 when nothing can
 * be excluded; null without a trial. Source: inversion of the tilt, E being
 * decreasing in the limit.
 *
 * @example rateLowerBound({ events: 0, trials: 0 }, { logLine: 4.6, dispersion: 1 }) // null
 */
export function rateLowerBound(
  counts: { readonly events: number; readonly trials: number },
  rule: BoundRule,
): number | null {
  if (counts.trials === 0) return null;
  // Half of the test's wealth is in the plain half, so it must reach twice the line.
  const line = rule.logLine + Math.LN2;
  let low = 0;
  let high = counts.events / counts.trials;
  for (let step = 0; step < STEPS; step += 1) {
    const middle = (low + high) / 2;
    if (logPlainAt(counts, middle, rule.dispersion) >= line) low = middle;
    else high = middle;
  }
  return low;
}

function logPlainAt(
  counts: { readonly events: number; readonly trials: number },
  limit: number,
  dispersion: number,
): number {
  const sums = TILT_GRID.map(
    (tilt, i) =>
      (counts.events * tilt - counts.trials * Math.log1p(limit * (GROWTH[i] ?? 0))) / dispersion,
  );
  return logSumExp(sums) - Math.log(TILT_GRID.length);
}
