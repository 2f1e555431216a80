import type { EvidenceState } from '../../stats/sequential/evidence.ts';
import { foldIncrements, initialEvidence } from '../../stats/sequential/evidence.ts';
import { tiltLogFactor } from '../../stats/sequential/tilt.ts';
import type { Counts } from '../tallies.ts';
import { insideLimit } from './rate-test.ts';

/** Events among trials. */
export type Rate = Counts<'events' | 'trials'>;

/**
 * Many rates against one limit as one test: its grid holds the same few alternatives for each rate in
 * turn, so each has the same part of the weight, and looking at many of them is paid for.
 */
export interface ManyRates {
  /** Totals of all windows, by rate. */
  readonly events: readonly number[];
  readonly trials: readonly number[];
  readonly evidence: EvidenceState;
}

export interface ManyRatesRule {
  /** The tolerated rate. Kept off 0 and 1, where one event would be infinite evidence. */
  readonly limit: number;
  /** A rate is tested once it has so many trials. */
  readonly trialCountMin: number;
  readonly dispersion: number;
}

/** The rate that speaks loudest. */
export interface WorstRate extends Rate {
  /** Its place in the list. */
  readonly at: number;
  /** ln of the largest wealth among its alternatives: ranks rates, decides nothing. */
  readonly strength: number;
  /** Its evidence comes from late windows rather than from all: the total may look harmless. */
  readonly isLate: boolean;
}

/** There may be hundreds of rates: four alternatives each, ratios from 1.2 to 20, are enough to tell. */
const TILTS = [0.2, 0.6, 1.5, 3] as const;

/**
 * So many rates before their first window: E = 1.
 *
 * @example noRates(2).trials // [0, 0]
 */
export function noRates(rateCount: number): ManyRates {
  const none = Array.from({ length: rateCount }, () => 0);
  return {
    events: none,
    trials: none,
    evidence: initialEvidence(Math.max(1, rateCount * TILTS.length)),
  };
}

/**
 * Folds one window. A rate takes part from the window after the one in which it reached its least
 * number of trials: when that is depends on earlier windows only, so the test stays exact. Without a
 * rate nothing changes.
 *
 * @example addRates(noRates(1), [{ events: 1, trials: 9 }], rule).trials // [9]
 */
export function addRates(
  rates: ManyRates,
  window: readonly Rate[],
  rule: ManyRatesRule,
): ManyRates {
  if (window.length === 0) return rates;
  const share = insideLimit(rule.limit);
  const increments = window.flatMap(({ events, trials }, at) => {
    const isTested = (rates.trials[at] ?? 0) >= rule.trialCountMin;
    const counts = { events, trials, share, logMargin: 0 };
    return TILTS.map((tilt) => (isTested ? tiltLogFactor(counts, tilt) / rule.dispersion : 0));
  });
  return {
    events: window.map(({ events }, at) => events + (rates.events[at] ?? 0)),
    trials: window.map(({ trials }, at) => trials + (rates.trials[at] ?? 0)),
    evidence: foldIncrements(rates.evidence, increments),
  };
}

/**
 * The tested rates, the one with the most wealth first, the higher rate where that is equal.
 *
 * @example worstRates(noRates(3), 1) // []
 */
export function worstRates(rates: ManyRates, trialCountMin: number): readonly WorstRate[] {
  return rates.trials
    .flatMap((trials, at) => {
      if (trials < trialCountMin || trials === 0) return [];
      return [{ at, events: rates.events[at] ?? 0, trials, ...strengthAt(rates.evidence, at) }];
    })
    .toSorted((a, b) => b.strength - a.strength || b.events * a.trials - a.events * b.trials);
}

/** The restart half is e times the plain one: then it was not so from the beginning. */
const RESTART_LEADS = 1;

function strengthAt(
  { plain, restart }: EvidenceState,
  at: number,
): Pick<WorstRate, 'strength' | 'isLate'> {
  const mostOf = (half: readonly number[]): number =>
    Math.max(-Number.MAX_VALUE, ...half.slice(at * TILTS.length, (at + 1) * TILTS.length));
  const whole = mostOf(plain);
  const late = mostOf(restart);
  return { strength: Math.max(whole, late), isLate: late - whole >= RESTART_LEADS };
}

/**
 * The counts that a sentence quotes: those of this window where the evidence is of late and the window
 * shows more than all windows together.
 *
 * @example shownRate(worst, { events: 0, trials: 0 }).span // ''
 */
export function shownRate(
  worst: WorstRate,
  window: Rate,
): Rate & { readonly rate: number; readonly span: string } {
  const isWindow = worst.isLate && window.events * worst.trials > worst.events * window.trials;
  const { events, trials } = isWindow ? window : worst;
  return { events, trials, rate: events / trials, span: isWindow ? ' of this window' : '' };
}
