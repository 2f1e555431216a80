import { STATUS_USABLE } from '../core/events/batch.ts';
import type { OutcomeMetric, Plan } from '../core/events/plan.ts';
import type { ReferenceProfile } from '../core/events/profile.ts';
import { assert } from '../core/foundation/assert.ts';
import type { PartialLayout } from '../core/windows/layout.ts';
import { layoutOf } from '../core/windows/layout.ts';
import { learnProfile } from '../core/windows/learn-profile.ts';
import { stratumOf } from '../core/windows/outcome-ledger.ts';
import type { WindowPartial } from '../core/windows/partial.ts';
import { RowSample } from '../core/windows/row-sample.ts';
import { closeOutcomes } from './close-outcomes.ts';
import { FrameSplitter } from './frame-split.ts';
import { type ProfileInForce, profileHash } from './line-state.ts';
import { Marks, storeFacts } from './marks.ts';
import { PartitionLine, settleLagOf } from './partition-line.ts';
import type { KeptPair, LogFrame, PredictionLog } from './ports.ts';
import type { TableInForce, TrafficMode } from './traffic.ts';
import { recordedTraffic, simulatedTraffic } from './traffic.ts';
import type { ClosedWindow } from './window-closer.ts';
import { mergeAll, WindowCloser } from './window-closer.ts';

export interface LineOptions {
  readonly plan: Plan;
  readonly policyDigest: string;
  readonly rolloutId: string;
  readonly partitionCount: number;
  readonly mode: TrafficMode;
  readonly digest: (text: string) => string;
  readonly notWatched: readonly string[];
  /** Known before the first record: from the plan's `reference.file`. */
  readonly givenProfile: ReferenceProfile | null;
}

/** A closed window and what must be stored beside it. */
export interface LineOutput<P = WindowPartial> {
  readonly window: number;
  /** Null when the window holds nothing; then there are only amendments of earlier ones. */
  readonly closed: ClosedWindow<P> | null;
  /** Windows reported earlier that late records changed: rows of a further revision. */
  readonly amended: readonly ClosedWindow<P>[];
  readonly pairs: readonly KeptPair[];
  /** Files by name: requests that wait for outcomes, and outcomes already credited. */
  readonly segments: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly expiredSegments: readonly string[];
}

/**
 * The line from records to decisions, over all partitions of one rollout: reads frames, closes
 * windows in order, and never folds a record whose window a decision not yet made could concern.
 * No I/O: what must be stored is handed back.
 */
export class Line {
  readonly closer: WindowCloser;
  readonly partitions: readonly PartitionLine[];
  readonly splitter: FrameSplitter;
  readonly marks = new Marks();
  readonly inForce: TableInForce = { table: null };
  profile: ProfileInForce | null = null;
  /** Windows up to this one are stored already (by an earlier run): they are built again, not judged again. */
  committedWindow = -Infinity;
  private readonly options: LineOptions;
  private readonly log: Pick<PredictionLog, 'schema'>;
  private readonly outcomeMetrics: readonly OutcomeMetric[];
  private readonly learning: RowSample;
  private readonly settleLag: number;
  /** The event time from which on records depend on this window's decision. */
  private readonly horizonMsOf = (window: number): number => this.closer.effectiveFromMs(window);
  private readonly learningLayout = layoutOf(null);
  private profileLayout: PartialLayout | null = null;

  constructor(options: LineOptions, log: Pick<PredictionLog, 'schema'>) {
    this.options = options;
    this.log = log;
    const { plan } = options;
    this.outcomeMetrics = outcomeMetricsOf(plan);
    this.settleLag = settleLagOf(plan.window);
    this.closer = new WindowCloser({ ...options, outcomeMetrics: this.outcomeMetrics });
    this.splitter = new FrameSplitter(options.partitionCount, plan.window.lengthMs);
    this.learning = new RowSample(plan.reference.minSampleCount);
    const traffic =
      options.mode === 'simulate'
        ? simulatedTraffic(this.inForce)
        : recordedTraffic(this.inForce, plan, options.rolloutId);
    this.partitions = Array.from(
      { length: options.partitionCount },
      (_, partition) =>
        new PartitionLine({
          partition,
          plan,
          schema: log.schema,
          traffic,
          outcomeMetrics: this.outcomeMetrics,
          layoutOfWindow: (window) => this.layoutOfWindow(window),
        }),
    );
    const given = options.givenProfile;
    if (given !== null) this.adoptProfile(given, null);
  }

  /** Reads records `from` to `end` of a frame and returns what closed on the way. */
  read(frame: LogFrame, from: number, end: number): readonly LineOutput[] {
    const outputs: LineOutput[] = [];
    let at = from;
    while (at < end) {
      if (this.isOverdue(frame, at)) outputs.push(...this.closeOldest());
      const oldestWindow = this.oldestWindow();
      at = this.splitter.split(frame, {
        from: at,
        end,
        oldestWindow,
        horizonMsOf: this.horizonMsOf,
      });
      for (const partition of this.partitions) {
        partition.advance(frame, this.splitter.input(partition.partition));
        partition.joiner.advanceClock(this.splitter.clockMs);
      }
      outputs.push(...this.closeReady());
    }
    return outputs;
  }

  /** All inputs are over: every window closes. */
  end(): readonly LineOutput[] {
    const last = this.partitions.map((partition) => partition.joiner.newestOpen);
    for (const partition of this.partitions)
      partition.joiner.advanceWatermark(Number.MAX_SAFE_INTEGER);
    const outputs = this.closeReady();
    // Windows of which only the settlement is left: none of their own closes any more.
    const newest = Math.max(...last);
    const settlements = newest === -Infinity ? 0 : this.settleLag;
    for (let i = 1; i <= settlements; i++) {
      outputs.push(...present(this.closeWindow(newest + i)));
    }
    return outputs;
  }

  /** Records a place to begin again from, before a frame is read. */
  mark(sequence: number, resumeToken: string | null): void {
    this.marks.add({
      sequence,
      resumeToken,
      clockMs: Number.isFinite(this.splitter.clockMs) ? this.splitter.clockMs : null,
      facts: this.partitions.map((partition) => storeFacts(partition.joiner.facts)),
    });
  }

  /** Lowest log sequence that is needed to go on from here; while cells are learned, the first. */
  neededFrom(): number {
    if (this.profile === null) return 0;
    return Math.min(...this.partitions.map((partition) => partition.neededFrom()));
  }

  /**
   * After what an earlier run had read is read again: no partition takes a record of a stored
   * window any more, as none did then.
   */
  catchUp(): void {
    if (this.committedWindow === -Infinity) return;
    const { lengthMs, graceMs } = this.options.plan.window;
    for (const partition of this.partitions)
      partition.joiner.advanceWatermark((this.committedWindow + 1) * lengthMs + graceMs);
    this.closeReady();
  }

  /** Windows up to this one are stored. */
  release(window: number): void {
    // What may still be amended has to be built again.
    const settled = window - this.settleLag;
    for (const partition of this.partitions) partition.joiner.release(settled);
  }

  /** Takes a profile into force from an event time on. */
  adoptProfile(profile: ReferenceProfile, fromMs: number | null): void {
    const hash = profileHash(profile, this.options.digest);
    this.profile = { hash, profile, fromMs };
    this.profileLayout = layoutOf(profile);
  }

  private layoutOfWindow(window: number): PartialLayout {
    const { profile, profileLayout } = this;
    const startMs = window * this.options.plan.window.lengthMs;
    if (profile === null || profileLayout === null || startMs < (profile.fromMs ?? -Infinity))
      return this.learningLayout;
    return profileLayout;
  }

  private oldestWindow(): number {
    return Math.min(...this.partitions.map((partition) => partition.oldestWindow()));
  }

  /** Whether the next prediction depends on the decision of a window that is not closed yet (join contract 5). */
  private isOverdue(frame: LogFrame, at: number): boolean {
    const next = nextPrediction(frame, at);
    if (next === null) return false;
    this.begin(Math.floor(next.eventTimeMs / this.options.plan.window.lengthMs));
    const oldest = this.oldestWindow();
    // Outcomes before it may still be of that window.
    return next.at === at && oldest !== Infinity && next.eventTimeMs >= this.horizonMsOf(oldest);
  }

  private begin(window: number): void {
    this.closer.begin(window * this.options.plan.window.lengthMs);
    this.inForce.table = this.closer.controller.table;
  }

  private closeReady(): LineOutput[] {
    const outputs: LineOutput[] = [];
    const reportedEverywhere = Math.min(
      ...this.partitions.map((partition) => partition.joiner.reported),
    );
    for (
      let window = this.oldestWindow();
      window <= reportedEverywhere;
      window = this.oldestWindow()
    ) {
      outputs.push(...present(this.closeWindow(window)));
    }
    return outputs;
  }

  private closeOldest(): LineOutput[] {
    const oldest = this.oldestWindow();
    const { lengthMs, graceMs } = this.options.plan.window;
    assert(oldest !== Infinity, 'a window is open at its deadline');
    for (const partition of this.partitions) {
      partition.joiner.advanceWatermark((oldest + 1) * lengthMs + graceMs);
    }
    return this.closeReady();
  }

  private closeWindow(window: number): LineOutput | null {
    const partials = this.partitions.flatMap((partition) => partition.take(window) ?? []);
    const settled = window - this.settleLag;
    const pairs = this.partitions.flatMap((partition) => partition.takePairs(settled));
    const isStored = window <= this.committedWindow;
    const { awaitingCountMax } = this.options.plan.limits;
    const outcomes = closeOutcomes(this.partitions, {
      window: settled,
      isStored,
      awaitingCountMax,
    });
    const amended = this.amend(settled, isStored);
    if (this.profile === null)
      this.learn(
        window,
        partials.map((one) => one.closed.sample),
      );
    if (isStored) return null;
    const result = this.closer.close({
      window,
      settled,
      ...mergeAll(partials, this.layoutOfWindow(window)),
      strata: outcomes.awaiting.map(stratumOf),
      increments: outcomes.increments,
      letGoThrough: outcomes.letGoThrough,
      profileHash: this.profileHashOf(window),
    });
    this.inForce.table = this.closer.controller.table;
    const { segments, expired } = outcomes;
    const isNothing = result === null && amended.length === 0 && pairs.length === 0;
    // A window of outcomes alone may have nothing to show and still change what waits.
    if (isNothing && segments.length === 0 && expired.length === 0) return null;
    return {
      window,
      closed: result,
      amended,
      pairs,
      segments,
      expiredSegments: expired,
    };
  }

  /** Windows up to this one take no more records: those that changed since their report, merged. */
  private amend(settled: number, isStored: boolean): ClosedWindow[] {
    const all = this.partitions.flatMap((partition) => partition.takeSettled(settled));
    if (isStored) return [];
    const windows = new Set(all.filter((one) => one.isAmended).map((one) => one.closed.window));
    const amended = [...windows]
      .sort((left, right) => left - right)
      .map((window) =>
        this.closer.amend({
          window,
          ...mergeAll(
            all.filter((one) => one.closed.window === window),
            this.layoutOfWindow(window),
          ),
          profileHash: this.profileHashOf(window),
        }),
      );
    this.closer.forget(settled);
    return amended;
  }

  private profileHashOf(window: number): string | null {
    return this.layoutOfWindow(window).profile === null ? null : (this.profile?.hash ?? null);
  }

  private learn(window: number, samples: readonly (RowSample | null)[]): void {
    const { reference, model, currentVersion, watch, window: settings } = this.options.plan;
    for (const sample of samples) if (sample !== null) this.learning.merge(sample);
    if (this.learning.seen < reference.minSampleCount) return;
    const rows = this.learning.kept();
    const { lengthMs } = settings;
    const fromMs = rows.reduce((least, row) => Math.min(least, row.eventTimeMs), Infinity);
    const spanMs = (window + 1) * lengthMs - Math.floor(fromMs / lengthMs) * lengthMs;
    // Asked first: enough rows may be there many windows before they span long enough.
    if (spanMs < reference.minSpanMs) return;
    const profile = learnProfile(rows, {
      model,
      currentVersion,
      schema: this.log.schema,
      categoriesMax: watch.categoriesMax,
      notWatched: this.options.notWatched,
    });
    this.adoptProfile(profile, this.closer.effectiveFromMs(window));
  }
}

function present(output: LineOutput | null): readonly LineOutput[] {
  return output === null ? [] : [output];
}

/** The metrics of a plan that wait for outcomes, in plan order: outcome columns name them by position. */
export function outcomeMetricsOf(plan: Plan): readonly OutcomeMetric[] {
  return plan.metrics.filter((metric) => metric.type === 'outcome');
}

/** The next usable prediction of a frame; null when there is none. */
function nextPrediction(
  frame: LogFrame,
  from: number,
): { readonly at: number; readonly eventTimeMs: number } | null {
  for (let at = from; at < frame.length; at++) {
    const entry = frame.order[at] ?? 0;
    const set = entry & 3;
    const columns = set === 0 ? frame.current : set === 1 ? frame.canary : null;
    if (columns === null || columns.status[entry >> 2] !== STATUS_USABLE) continue;
    return { at, eventTimeMs: columns.eventTimeMs[entry >> 2] ?? 0 };
  }
  return null;
}
