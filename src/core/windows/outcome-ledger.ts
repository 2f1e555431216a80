import type { OutcomeMetric } from '../events/plan.ts';
import type { AwaitingRows } from '../join/awaiting.ts';
import { AWAITS_CANARY_SERVED, AWAITS_CURRENT_SERVED, AWAITS_PAIR } from '../join/awaiting.ts';
import type { OutcomeIncrement } from '../join/outcome-joiner.ts';
import { LOSS_SCALE } from '../join/outcome-joiner.ts';
import { mergeValueCells } from '../join/value-cells.ts';
import type { MaturedOutcome, ServedOutcome } from './summary.ts';

/** Requests of one window that may have outcomes. */
export interface OutcomeStratum {
  readonly window: number;
  readonly pairs: number;
  readonly currentServed: number;
  readonly canaryServed: number;
}

/** What is known of the outcomes of one metric for the requests of one window. Whole numbers only. */
interface LedgerEntry {
  readonly metric: number;
  readonly window: number;
  readonly pairs: number;
  readonly currentServed: number;
  readonly canaryServed: number;
  readonly labelled: number;
  readonly lossCurrent: number;
  readonly lossCanary: number;
  readonly currentEvents: number;
  readonly canaryEvents: number;
  readonly settled: boolean;
}

/** Outcomes that have arrived, over all partitions, by metric and request window. JSON-safe. */
export interface OutcomeLedger {
  readonly entries: readonly LedgerEntry[];
  /** Requests of windows up to this one were let go at the limit; null: none were. */
  readonly letGoThrough: number | null;
}

export const EMPTY_LEDGER: OutcomeLedger = { entries: [], letGoThrough: null };

/** What one window brought, added up over partitions. */
export interface OutcomeArrivals {
  readonly window: number;
  readonly strata: readonly OutcomeStratum[];
  readonly increments: readonly OutcomeIncrement[];
  /** Requests of windows up to this one do not wait any longer; null: all do. */
  readonly letGoThrough: number | null;
}

/** @example stratumOf(rows of three pairs, one served by the canary).pairs // 3 */
export function stratumOf(rows: AwaitingRows): OutcomeStratum {
  let pairs = 0;
  let currentServed = 0;
  let canaryServed = 0;
  for (let i = 0; i < rows.length; i++) {
    const marks = rows.marks[i] ?? 0;
    if ((marks & AWAITS_PAIR) !== 0) pairs += 1;
    if ((marks & AWAITS_CANARY_SERVED) !== 0) canaryServed += 1;
    else if ((marks & AWAITS_CURRENT_SERVED) !== 0) currentServed += 1;
  }
  return { window: rows.window, pairs, currentServed, canaryServed };
}

/**
 * Adds the arrivals of one window and says which request windows are judged now: labels once,
 * when mature or at the horizon; served outcomes as they come. Pure; the same arrivals in the
 * same windows give the same ledger, however they were split over partitions.
 */
export function bookOutcomes(
  ledger: OutcomeLedger,
  arrivals: OutcomeArrivals,
  rules: { readonly metrics: readonly OutcomeMetric[]; readonly lengthMs: number },
): {
  readonly ledger: OutcomeLedger;
  readonly matured: readonly MaturedOutcome[];
  readonly served: readonly ServedOutcome[];
} {
  const opened = rules.metrics.flatMap((_, metric) => openEntries(metric, arrivals.strata));
  const matured: MaturedOutcome[] = [];
  const served: ServedOutcome[] = [];
  const entries: LedgerEntry[] = [];
  for (const before of [...ledger.entries, ...opened]) {
    const metric = rules.metrics[before.metric];
    if (metric === undefined) continue;
    const arrived = arrivals.increments.filter(
      (increment) =>
        increment.metric === before.metric && increment.requestWindow === before.window,
    );
    if (metric.attribution === 'served')
      served.push(...servedOf(metric, before, { arrived, lengthMs: rules.lengthMs }));
    const after = arrived.reduce(addIncrement, before);
    const ageMs = (arrivals.window - after.window) * rules.lengthMs;
    const isLetGo = arrivals.letGoThrough !== null && after.window <= arrivals.letGoThrough;
    const because = maturity(metric, after, { ageMs, isLetGo });
    if (because !== null)
      matured.push(maturedOf(metric, after, { because, lengthMs: rules.lengthMs }));
    if (ageMs < metric.horizonMs)
      entries.push(because === null ? after : { ...after, settled: true });
  }
  matured.sort((left, right) => left.requestWindowStartMs - right.requestWindowStartMs);
  return {
    ledger: { entries, letGoThrough: arrivals.letGoThrough ?? ledger.letGoThrough },
    matured,
    served,
  };
}

function openEntries(metric: number, strata: readonly OutcomeStratum[]): LedgerEntry[] {
  const byWindow = new Map<number, OutcomeStratum>();
  for (const one of strata) {
    const sum = byWindow.get(one.window);
    byWindow.set(one.window, {
      window: one.window,
      pairs: (sum?.pairs ?? 0) + one.pairs,
      currentServed: (sum?.currentServed ?? 0) + one.currentServed,
      canaryServed: (sum?.canaryServed ?? 0) + one.canaryServed,
    });
  }
  const zero = {
    labelled: 0,
    lossCurrent: 0,
    lossCanary: 0,
    currentEvents: 0,
    canaryEvents: 0,
    settled: false,
  };
  return [...byWindow.values()].map((stratum) => ({ metric, ...stratum, ...zero }));
}

function addIncrement(entry: LedgerEntry, increment: OutcomeIncrement): LedgerEntry {
  return {
    ...entry,
    labelled: entry.labelled + increment.labelled,
    lossCurrent: entry.lossCurrent + increment.lossCurrent,
    lossCanary: entry.lossCanary + increment.lossCanary,
    currentEvents: entry.currentEvents + increment.currentEvents,
    canaryEvents: entry.canaryEvents + increment.canaryEvents,
  };
}

function maturity(
  metric: OutcomeMetric,
  entry: LedgerEntry,
  at: { readonly ageMs: number; readonly isLetGo: boolean },
): MaturedOutcome['because'] | null {
  if (metric.attribution !== 'label' || entry.settled || entry.pairs === 0) return null;
  if (entry.labelled >= metric.matureShare * entry.pairs) return 'mature';
  if (at.ageMs >= metric.horizonMs) return 'horizon';
  return at.isLetGo ? 'limit' : null;
}

function maturedOf(
  metric: OutcomeMetric,
  entry: LedgerEntry,
  why: { readonly because: MaturedOutcome['because']; readonly lengthMs: number },
): MaturedOutcome {
  return {
    metric: metric.name,
    requestWindowStartMs: entry.window * why.lengthMs,
    requestWindowEndMs: (entry.window + 1) * why.lengthMs,
    pairs: entry.pairs,
    labelled: entry.labelled,
    because: why.because,
    lossCurrentSum: entry.lossCurrent / LOSS_SCALE,
    lossCanarySum: entry.lossCanary / LOSS_SCALE,
  };
}

function servedOf(
  metric: OutcomeMetric,
  before: LedgerEntry,
  at: { readonly arrived: readonly OutcomeIncrement[]; readonly lengthMs: number },
): ServedOutcome[] {
  if (at.arrived.length === 0) return [];
  const sum = (pick: (increment: OutcomeIncrement) => number): number =>
    at.arrived.reduce((total, increment) => total + pick(increment), 0);
  return [
    {
      metric: metric.name,
      requestWindowStartMs: before.window * at.lengthMs,
      currentOpen: before.currentServed - before.currentEvents,
      canaryOpen: before.canaryServed - before.canaryEvents,
      currentEvents: sum((increment) => increment.currentEvents),
      canaryEvents: sum((increment) => increment.canaryEvents),
      currentValueSum: sum((increment) => increment.currentValue) / LOSS_SCALE,
      canaryValueSum: sum((increment) => increment.canaryValue) / LOSS_SCALE,
      ...(metric.of === 'value' && {
        values: mergeValueCells(at.arrived.map(({ cells }) => cells)),
      }),
    },
  ];
}
