import type { OutcomeColumns } from '../events/batch.ts';
import { STATUS_IGNORED, STATUS_USABLE } from '../events/batch.ts';
import type { OutcomeMetric, WindowSettings } from '../events/plan.ts';
import type { AwaitingRows } from './awaiting.ts';
import { AWAITS_CANARY_SERVED, AWAITS_CURRENT_SERVED, AWAITS_PAIR, keyNumber } from './awaiting.ts';
import { addValue, type ValueCell } from './value-cells.ts';
import { lastClosedWindow } from './watermark.ts';

/** What became of outcome records. `withoutPrediction`: no such request was logged, or it was dropped. */
export interface OutcomeCounters {
  read: number;
  credited: number;
  duplicate: number;
  late: number;
  expired: number;
  withoutPrediction: number;
  deadLettered: number;
  ignored: number;
}

/** @example noOutcomeCounters().read // 0 */
export function noOutcomeCounters(): OutcomeCounters {
  return {
    read: 0,
    credited: 0,
    duplicate: 0,
    late: 0,
    expired: 0,
    withoutPrediction: 0,
    deadLettered: 0,
    ignored: 0,
  };
}

/** Losses are summed in units of 2^-20: whole numbers, so that any order gives the same sum. */
export const LOSS_SCALE = 2 ** 20;

/** Outcomes of one metric that came in one window, for the requests of one earlier window. All whole numbers. */
export interface OutcomeIncrement {
  readonly metric: number;
  readonly requestWindow: number;
  labelled: number;
  lossCurrent: number;
  lossCanary: number;
  currentEvents: number;
  canaryEvents: number;
  currentValue: number;
  canaryValue: number;
  /** Of a metric that is judged by values, these by size; empty for others. */
  readonly cells: ValueCell[];
}

interface Held {
  readonly key: number;
  readonly check: number;
  readonly metric: number;
  readonly value: number;
}

interface Awaiting {
  readonly rows: AwaitingRows;
  /** One bit per metric that already has its outcome. */
  readonly done: Uint32Array;
}

export interface OutcomeJoinerOptions {
  readonly settings: WindowSettings;
  readonly metrics: readonly OutcomeMetric[];
  /** Outcome names as the columns number them: several metrics may judge one outcome. */
  readonly outcomeNames: readonly string[];
  /** The loss of a score against an outcome, by the rule of a label metric. */
  readonly lossOf: (metric: OutcomeMetric, score: number, outcome: number) => number;
}

/**
 * Credits outcomes to the predictions of closed windows, in one partition (join contract 10). An outcome
 * belongs to the window of its own event time and waits for that to close; then it is looked up
 * among the requests that still wait.
 */
export class OutcomeJoiner {
  readonly counters: OutcomeCounters = noOutcomeCounters();
  private readonly options: OutcomeJoinerOptions;
  private readonly held = new Map<number, Held[]>();
  private readonly heldFrom = new Map<number, number>();
  private readonly awaiting = new Map<number, Awaiting>();
  /** Windows whose outcomes were credited: their labels outlive the process, and must go in time. */
  private readonly creditedIn = new Set<number>();
  private readonly rowOfKey = new Map<number, { readonly window: number; readonly row: number }>();

  constructor(options: OutcomeJoinerOptions) {
    this.options = options;
  }

  /** Requests that wait for an outcome. */
  get awaitingCount(): number {
    return this.rowOfKey.size;
  }

  /** The oldest window of outcomes that is not closed; Infinity when none is open. */
  get oldestOpen(): number {
    return Math.min(Infinity, ...this.held.keys());
  }

  /** Lowest log sequence that an open window of outcomes still needs; Infinity when none. */
  neededFrom(): number {
    return Math.min(Infinity, ...this.heldFrom.values());
  }

  /** The oldest closed window with requests that wait; Infinity when none does. */
  get oldestAwaiting(): number {
    return Math.min(Infinity, ...this.awaiting.keys());
  }

  /** Lets the requests of a window go before their horizon: the limit on those that wait is reached. */
  letGo(window: number): void {
    const held = this.awaiting.get(window);
    if (held === undefined) return;
    for (let row = 0; row < held.rows.length; row++) this.forget(held.rows.key[row] ?? 0, window);
    this.awaiting.delete(window);
  }

  /** Takes one outcome in; lateness is told by the log's clock. */
  offer(
    columns: OutcomeColumns,
    row: number,
    at: { readonly clockMs: number; readonly sequence: number },
  ): void {
    const { counters } = this;
    counters.read += 1;
    const status = columns.status[row];
    const metric = columns.metric[row] ?? -1;
    if (status !== STATUS_USABLE || metric < 0) {
      if (status === STATUS_USABLE || status === STATUS_IGNORED) counters.ignored += 1;
      else counters.deadLettered += 1;
      return;
    }
    const { settings } = this.options;
    const window = Math.floor((columns.eventTimeMs[row] ?? 0) / settings.lengthMs);
    if (window <= lastClosedWindow(at.clockMs - settings.outOfOrdernessMs, settings)) {
      counters.late += 1;
      return;
    }
    const held = this.held.get(window) ?? [];
    if (held.length === 0) {
      this.held.set(window, held);
      this.heldFrom.set(window, at.sequence);
    }
    held.push({
      key: keyNumber(columns.key1[2 * row] ?? 0, columns.key1[2 * row + 1] ?? 0),
      check: columns.key2[2 * row] ?? 0,
      metric,
      value: columns.value[row] ?? 0,
    });
  }

  /** Adds the requests of a closed window to those that wait. */
  hold(rows: AwaitingRows): void {
    this.awaiting.set(rows.window, { rows, done: new Uint32Array(rows.length) });
    for (let row = 0; row < rows.length; row++) {
      this.rowOfKey.set(rows.key[row] ?? 0, { window: rows.window, row });
    }
  }

  /** Forgets the outcomes of all windows up to `window`: an earlier run has credited them. */
  drop(window: number): void {
    for (const at of this.dueIn(window)) {
      this.held.delete(at);
      this.heldFrom.delete(at);
    }
  }

  /** Credits the outcomes of all windows up to `window`, and lets requests beyond every horizon go. */
  close(window: number): {
    readonly increments: readonly OutcomeIncrement[];
    readonly labels: readonly number[];
    readonly expiredWindows: readonly number[];
  } {
    const increments = new Map<string, OutcomeIncrement>();
    const labels: number[] = [];
    for (const at of this.dueIn(window)) {
      for (const outcome of this.held.get(at) ?? []) {
        this.credit(outcome, at, { increments, labels });
      }
    }
    this.drop(window);
    if (labels.length > 0) this.creditedIn.add(window);
    const expiredWindows = this.expire(window, increments);
    return { increments: [...increments.values()], labels, expiredWindows };
  }

  /**
   * Marks requests as labelled again after a restart: `labels` as `close` gave them, a request's
   * window, its row there and a metric in turn. `window` is the one that they were credited in.
   */
  restoreLabels(window: number, labels: readonly number[]): void {
    this.creditedIn.add(window);
    for (let i = 0; i + 2 < labels.length; i += 3) {
      const done = this.awaiting.get(labels[i] ?? 0)?.done;
      const row = labels[i + 1] ?? 0;
      if (done !== undefined) done[row] = (done[row] ?? 0) | (1 << (labels[i + 2] ?? 0));
    }
  }

  private dueIn(window: number): readonly number[] {
    return [...this.held.keys()]
      .filter((held) => held <= window)
      .sort((left, right) => left - right);
  }

  private credit(
    outcome: Held,
    window: number,
    into: { readonly increments: Map<string, OutcomeIncrement>; readonly labels: number[] },
  ): void {
    const place = this.rowOfKey.get(outcome.key);
    const held = place === undefined ? undefined : this.awaiting.get(place.window);
    // A request of a later window is not known yet: after a restart it is as little known.
    const isKnown = held?.rows.check[place?.row ?? -1] === outcome.check;
    if (place === undefined || held === undefined || !isKnown || place.window > window) {
      this.counters.withoutPrediction += 1;
      return;
    }
    const ageMs = (window - place.window) * this.options.settings.lengthMs;
    const name = this.options.outcomeNames[outcome.metric];
    let fate: 'expired' | 'duplicate' | 'credited' = 'expired';
    this.options.metrics.forEach((metric, m) => {
      if (metric.outcome !== name || ageMs > metric.horizonMs) return;
      const done = held.done[place.row] ?? 0;
      if ((done & (1 << m)) !== 0) {
        if (fate === 'expired') fate = 'duplicate';
        return;
      }
      fate = 'credited';
      held.done[place.row] = done | (1 << m);
      into.labels.push(place.window, place.row, m);
      const increment = incrementOf(into.increments, m, place.window);
      this.add(increment, held.rows, { row: place.row, value: outcome.value });
    });
    this.counters[fate] += 1;
  }

  private add(
    to: OutcomeIncrement,
    rows: AwaitingRows,
    outcome: { readonly row: number; readonly value: number },
  ): void {
    const { row, value } = outcome;
    const marks = rows.marks[row] ?? 0;
    const metric = this.options.metrics[to.metric];
    if (metric === undefined) return;
    if (metric.attribution === 'label') {
      if ((marks & AWAITS_PAIR) === 0 || metric.loss === null) return;
      const { lossOf } = this.options;
      to.labelled += 1;
      to.lossCurrent += units(lossOf(metric, rows.currentScore[row] ?? 0, value));
      to.lossCanary += units(lossOf(metric, rows.canaryScore[row] ?? 0, value));
      return;
    }
    const happened = value > 0 ? 1 : 0;
    if ((marks & AWAITS_CANARY_SERVED) !== 0) {
      to.canaryEvents += happened;
      to.canaryValue += units(value);
      if (metric.of === 'value') addValue(to.cells, 'canary', value);
    } else if ((marks & AWAITS_CURRENT_SERVED) !== 0) {
      to.currentEvents += happened;
      to.currentValue += units(value);
      if (metric.of === 'value') addValue(to.cells, 'current', value);
    }
  }

  /** Drops requests past every horizon; where a metric counts absent outcomes as 0, they are credited so. */
  private expire(window: number, increments: Map<string, OutcomeIncrement>): number[] {
    const { settings, metrics } = this.options;
    for (const [requestWindow, held] of this.awaiting) {
      const ageMs = (window - requestWindow) * settings.lengthMs;
      metrics.forEach((metric, m) => {
        if (metric.absent === 'zero' && ageMs >= metric.horizonMs) {
          this.creditAbsent(held, m, increments);
        }
      });
    }
    const last = lastOutdatedWindow(window, settings.lengthMs, metrics);
    const known = new Set([...this.awaiting.keys(), ...this.creditedIn]);
    const expired = [...known].filter((old) => old <= last);
    for (const old of expired) {
      this.letGo(old);
      this.creditedIn.delete(old);
    }
    return expired;
  }

  private creditAbsent(
    held: Awaiting,
    metric: number,
    increments: Map<string, OutcomeIncrement>,
  ): void {
    const bit = 1 << metric;
    for (let row = 0; row < held.rows.length; row++) {
      if (((held.done[row] ?? 0) & bit) !== 0) continue;
      held.done[row] = (held.done[row] ?? 0) | bit;
      this.add(incrementOf(increments, metric, held.rows.window), held.rows, { row, value: 0 });
    }
  }

  private forget(key: number, window: number): void {
    if (this.rowOfKey.get(key)?.window === window) this.rowOfKey.delete(key);
  }
}

/**
 * The last window that no outcome can concern any more once `window` is closed: requests are kept
 * for twice the longest horizon, to tell an outcome that came too late from one without a prediction.
 *
 * @example windows of 60 s and a horizon of 3 minutes: lastOutdatedWindow(10, 60_000, metrics) // 4
 */
export function lastOutdatedWindow(
  window: number,
  lengthMs: number,
  metrics: readonly Pick<OutcomeMetric, 'horizonMs'>[],
): number {
  const longestMs = Math.max(0, ...metrics.map((metric) => metric.horizonMs));
  return window - Math.ceil((2 * longestMs) / lengthMs);
}

/** Largest value that is summed exactly; a loss beyond it counts as this. */
const VALUE_MAX = 2 ** 20;

function units(value: number): number {
  return Math.floor(Math.max(-VALUE_MAX, Math.min(VALUE_MAX, value)) * LOSS_SCALE + 0.5);
}

function incrementOf(
  all: Map<string, OutcomeIncrement>,
  metric: number,
  requestWindow: number,
): OutcomeIncrement {
  const key = `${metric}/${requestWindow}`;
  let found = all.get(key);
  if (found === undefined) {
    found = {
      metric,
      requestWindow,
      labelled: 0,
      lossCurrent: 0,
      lossCanary: 0,
      currentEvents: 0,
      canaryEvents: 0,
      currentValue: 0,
      canaryValue: 0,
      cells: [],
    };
    all.set(key, found);
  }
  return found;
}
