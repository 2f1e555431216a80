import type { OutcomeMetric } from '../../core/events/plan.ts';
import { learnProfile } from '../../core/windows/learn-profile.ts';
import { emptyPartial } from '../../core/windows/partial.ts';
import { addSparse } from '../../core/windows/sparse.ts';
import { profileHash } from '../line-state.ts';
import { settleLagOf } from '../partition-line.ts';
import type { ClosedWindow } from '../window-closer.ts';
import { WindowCloser } from '../window-closer.ts';
import type { MergerState } from './merger-state.ts';
import { MERGER_STATE_VERSION } from './merger-state.ts';
import type { JoinerMessage, PartialMessage, ReferenceState } from './messages.ts';
import { type Cells, PartitionReports } from './partition-reports.ts';
import { PendingWindows } from './pending-windows.ts';
import type { JoinTarget } from './ports.ts';
import { Reference } from './reference.ts';
import { SampleCollector } from './sample-collector.ts';

export interface MergerOptions {
  readonly target: JoinTarget;
  readonly policyDigest: string;
  readonly outcomeMetrics: readonly OutcomeMetric[];
  /** Hash of a text, for verdict ids and profiles. */
  readonly digest: (text: string) => string;
  /** A window without some partition's partial closes after so long (processing time). */
  readonly partialDeadlineMs: number;
  /** Changes take effect no sooner than so long after the decision (processing time). */
  readonly routerLeadMs: number;
}

/** What one closed window led to. */
export interface MergedWindow {
  readonly window: number;
  readonly closed: ClosedWindow | null;
  readonly amended: readonly ClosedWindow[];
}

/** What became of a message: `repeated` and `outdated` change nothing, `late` came after its window's deadline. */
export type Taken = 'taken' | 'repeated' | 'outdated' | 'late';

/**
 * Merges the partials of one rollout, judges its windows in their order and steps it: pure, so the
 * same messages in the same order of each partition give the same verdicts.
 */
export class RolloutMerger {
  readonly closer: WindowCloser;
  readonly reference: Reference;
  readonly reports: PartitionReports;
  committedWindow = -Infinity;
  incompleteCount = 0;
  lateCount = 0;
  private readonly options: MergerOptions;
  private readonly pending: PendingWindows;
  private readonly samples: SampleCollector;
  private readonly lengthMs: number;
  private readonly settleLag: number;
  /** Messages before this offset were taken in before the last stop: until then nothing closes. */
  private rebuildUntil = 0;
  private takenOffset = 0;
  private published: ReadonlyMap<number, number> = new Map();
  private firstOffset: number | null = null;

  constructor(options: MergerOptions) {
    const { target } = options;
    this.options = options;
    this.lengthMs = target.plan.window.lengthMs;
    this.settleLag = settleLagOf(target.plan.window);
    this.closer = new WindowCloser({
      plan: target.plan,
      policyDigest: options.policyDigest,
      rolloutId: target.rolloutId,
      digest: options.digest,
      outcomeMetrics: options.outcomeMetrics,
    });
    this.reference = new Reference(target);
    this.reports = new PartitionReports(target.partitionCount);
    this.pending = new PendingWindows(this.settleLag);
    this.samples = new SampleCollector(target.plan.reference.minSampleCount);
  }

  /** Takes one message in. */
  add(message: JoinerMessage, at: { readonly offset: number; readonly nowMs: number }): Taken {
    if (message.rolloutId !== this.options.target.rolloutId) return 'outdated';
    this.firstOffset ??= at.offset;
    this.takenOffset = Math.max(this.takenOffset, at.offset + 1);
    if (message.partition >= this.options.target.partitionCount) return 'outdated';
    if (message.kind === 'sample') return this.samples.add(message) ? 'taken' : 'repeated';
    const reportedWindow = message.reportedThroughMs / this.lengthMs - 1;
    const isNews = !this.reports.hasReported(message.partition, reportedWindow, this.cells);
    this.reports.hear(message, reportedWindow);
    if (message.kind === 'heartbeat') return 'taken';
    return this.addPartial(message, { ...at, isNews });
  }

  /** Closes what every partition has reported, or what is past its deadline, oldest first. */
  close(nowMs: number): readonly MergedWindow[] {
    const closed: MergedWindow[] = [];
    if (this.takenOffset < this.rebuildUntil) return closed;
    for (;;) {
      const window = this.pending.oldest();
      const isReported = window <= this.reportedEverywhere();
      const isOverdue = nowMs - this.pending.sinceMs(window) > this.options.partialDeadlineMs;
      if (window === Infinity || (!isReported && !isOverdue)) return closed;
      closed.push(this.closeWindow(window, nowMs));
    }
  }

  /** The last window that every partition has reported. */
  reportedEverywhere(): number {
    return this.reports.through(this.cells);
  }

  private get cells(): Cells {
    const { hash, firstWindow } = this.reference;
    return { hash, firstWindow };
  }

  referenceState(): ReferenceState {
    return this.reference.stateOf(
      this.committedWindow === -Infinity ? null : (this.committedWindow + 1) * this.lengthMs,
    );
  }

  state(): MergerState {
    const { target, policyDigest } = this.options;
    const isLearning = this.reference.hash === null;
    const first = this.firstOffset ?? this.takenOffset;
    return {
      version: MERGER_STATE_VERSION,
      rolloutId: target.rolloutId,
      policyDigest,
      partitionCount: target.partitionCount,
      resumeOffset: isLearning ? first : Math.min(this.pending.lowestOffset(), this.takenOffset),
      takenOffset: this.takenOffset,
      committedWindow: Number.isFinite(this.committedWindow) ? this.committedWindow : null,
      judge: this.closer.judgeState,
      controller: this.closer.controller,
      ledger: this.closer.ledger,
      reported: this.closer.reported,
      profile: this.reference.profile,
      tallies: this.reports.tallies(),
      incompleteCount: this.incompleteCount,
      lateCount: this.lateCount,
    };
  }

  /** Goes on from a stored state; messages from its `resumeOffset` on are to be added again. */
  restore(state: MergerState): void {
    this.committedWindow = state.committedWindow ?? -Infinity;
    // A changed plan keeps the rollout's stages; its evidence begins anew.
    if (state.policyDigest === this.options.policyDigest) {
      this.closer.judgeState = state.judge;
      this.closer.ledger = state.ledger;
    }
    this.closer.controller = state.controller;
    this.closer.reported = state.reported;
    this.incompleteCount = state.incompleteCount;
    this.lateCount = state.lateCount;
    this.reports.restore(state.tallies);
    this.rebuildUntil = state.takenOffset;
    this.firstOffset = state.resumeOffset;
    if (state.profile !== null) this.reference.take(this.stateWith(state.profile));
  }

  /**
   * Verdicts that were published before everything stored was lost: by the start of their window, the
   * event time from which on their changes took effect.
   */
  recall(published: ReadonlyMap<number, number>): void {
    this.published = published;
  }

  /** Cells that were known before the first record. */
  adopt(state: ReferenceState): void {
    this.reference.take(state);
  }

  private stateWith(profile: ReferenceState['profile']): ReferenceState {
    return { ...this.referenceState(), profile };
  }

  private addPartial(
    message: PartialMessage,
    at: { readonly offset: number; readonly nowMs: number; readonly isNews: boolean },
  ): Taken {
    const window = message.windowStartMs / this.lengthMs;
    if (message.windowProfileHash !== this.reference.hashOfWindow(window)) return 'outdated';
    if (message.revision === 0 && window <= this.committedWindow) {
      // While cells are learned the samples of closed windows are collected again.
      if (this.reference.hash === null) this.samples.take(message);
      const isKept = this.settleLag > 0 && window > this.committedWindow - this.settleLag;
      if (isKept) this.pending.keep(window, message, at);
      // The window closed at its deadline, without this partition.
      if (!at.isNews) return 'repeated';
      this.lateCount += 1;
      return 'late';
    }
    if (message.revision > 0 && window <= this.committedWindow - this.settleLag) return 'repeated';
    return this.pending.add(window, message, at) ? 'taken' : 'repeated';
  }

  private closeWindow(window: number, nowMs: number): MergedWindow {
    const messages = this.pending.take(window, this.settleLag > 0);
    const missingPartitions = this.reports.missing(window, this.cells);
    const outcomes = messages.map((message) => message.outcomes);
    const { closer } = this;
    const settled = window - this.settleLag;
    if (messages.some(({ countIndex }) => countIndex.length > 0))
      closer.begin(window * this.lengthMs);
    const closed = closer.close({
      window,
      settled,
      ...this.merged(messages, window),
      strata: outcomes.flatMap(({ strata }) => strata),
      increments: outcomes.flatMap(({ increments }) => increments),
      letGoThrough: latest(outcomes.map(({ letGoThrough }) => letGoThrough)),
      missingPartitions,
      notBeforeMs: nowMs + this.options.routerLeadMs,
      publishedFromMs: this.published.get(window * this.lengthMs) ?? null,
    });
    for (const message of messages) this.reports.count(message);
    if (missingPartitions.length > 0) this.incompleteCount += 1;
    this.committedWindow = window;
    if (this.reference.hash === null) this.learn(window, messages);
    return { window, closed, amended: this.amend(settled) };
  }

  private amend(settled: number): readonly ClosedWindow[] {
    if (this.settleLag === 0) return [];
    const amended = this.pending.takeAmended(settled).map(({ window, messages, before }) => {
      // The very first records may have come late.
      this.closer.begin(window * this.lengthMs);
      for (const message of messages.filter(({ revision }) => revision > 0))
        this.reports.count(message, before.get(message.partition) ?? null);
      return this.closer.amend({
        window,
        ...this.merged(messages, window),
      });
    });
    this.closer.forget(settled);
    return amended;
  }

  private merged(messages: readonly PartialMessage[], window: number) {
    const partial = emptyPartial(this.reference.layoutOfWindow(window));
    for (const message of messages) addSparse(partial, message);
    const positions = messages.map(({ partition, watermarkMs, counters }) => ({
      partition,
      watermarkMs,
      nextOffset: counters.read,
    }));
    return { partial, positions, profileHash: this.reference.hashOfWindow(window) };
  }

  private learn(window: number, messages: readonly PartialMessage[]): void {
    for (const message of messages) this.samples.take(message);
    const { reference, model, currentVersion, watch } = this.options.target.plan;
    if (this.samples.seen < reference.minSampleCount) return;
    const firstWindow = Math.floor(this.samples.fromMs() / this.lengthMs);
    if ((window + 1 - firstWindow) * this.lengthMs < reference.minSpanMs) return;
    const { rows, schema, notWatched } = this.samples.rows(watch.featuresMax);
    const profile = learnProfile(rows, {
      model,
      currentVersion,
      schema,
      categoriesMax: watch.categoriesMax,
      notWatched,
    });
    const hash = profileHash(profile, this.options.digest);
    this.reference.take(
      this.stateWith({ hash, profile, fromMs: this.closer.effectiveFromMs(window) }),
    );
    this.samples.clear();
    this.pending.dropLearning(this.reference.firstWindow);
  }
}

function latest(values: readonly (number | null)[]): number | null {
  return values.reduce(
    (most, one) => (one !== null && one > (most ?? -Infinity) ? one : most),
    null,
  );
}
