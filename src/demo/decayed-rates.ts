/**
 * Rates that forget: each event's weight halves every `halfLifeMinutes`. One rate per key, in time
 * order. A key without recent events falls back to `PRIOR_RATE`, as if `PRIOR_WEIGHT` events had said so.
 */
export interface DecayedRates {
  readonly decayPerMinute: number;
  readonly hits: Float64Array;
  readonly weights: Float64Array;
  readonly atMinute: Float64Array;
}

const PRIOR_RATE = 0.2;
const PRIOR_WEIGHT = 10;

export function decayedRates(keyCount: number, halfLifeMinutes: number): DecayedRates {
  return {
    decayPerMinute: Math.LN2 / halfLifeMinutes,
    hits: new Float64Array(keyCount),
    weights: new Float64Array(keyCount),
    atMinute: new Float64Array(keyCount),
  };
}

/** Counts one event of `key`: a hit or not. Minutes never go back. */
export function countEvent(rates: DecayedRates, key: number, event: DecayedEvent): void {
  const kept = keptShare(rates, key, event.minute);
  rates.hits[key] = Number(rates.hits[key]) * kept + event.hit;
  rates.weights[key] = Number(rates.weights[key]) * kept + 1;
  rates.atMinute[key] = event.minute;
}

export interface DecayedEvent {
  readonly minute: number;
  /** 1 or 0. */
  readonly hit: number;
}

/** The share of hits among the recent events of `key`, as it stands at `minute`; in (0, 1). */
export function rateAt(rates: DecayedRates, key: number, minute: number): number {
  const kept = keptShare(rates, key, minute);
  return (
    (Number(rates.hits[key]) * kept + PRIOR_RATE * PRIOR_WEIGHT) /
    (Number(rates.weights[key]) * kept + PRIOR_WEIGHT)
  );
}

/** How many recent events `key` has, each with its remaining weight. */
export function weightAt(rates: DecayedRates, key: number, minute: number): number {
  return Number(rates.weights[key]) * keptShare(rates, key, minute);
}

function keptShare(rates: DecayedRates, key: number, minute: number): number {
  return Math.exp((Number(rates.atMinute[key]) - minute) * rates.decayPerMinute);
}
