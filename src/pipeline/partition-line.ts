import type { BatchSchema } from '../core/events/batch.ts';
import type { OutcomeMetric, Plan, WindowSettings } from '../core/events/plan.ts';
import type { AwaitingRows } from '../core/join/awaiting.ts';
import {
  AWAITS_CANARY_SERVED,
  AWAITS_CURRENT_SERVED,
  AWAITS_PAIR,
  AwaitingBuilder,
  keyNumber,
} from '../core/join/awaiting.ts';
import { OutcomeJoiner } from '../core/join/outcome-joiner.ts';
import { PartitionJoiner } from '../core/join/partition-joiner.ts';
import type { ResolvedRows } from '../core/join/resolved.ts';
import type { Traffic } from '../core/join/sink.ts';
import type { Slots } from '../core/join/slots.ts';
import { FOLD_CURRENT, MARK_ERROR, MARK_SERVED } from '../core/join/slots.ts';
import { lossOf } from '../core/stats/losses.ts';
import type { PartialLayout } from '../core/windows/layout.ts';
import type { ClosedPartial, FoldedPairs, FoldListener } from '../core/windows/partition-folder.ts';
import { PartitionFolder } from '../core/windows/partition-folder.ts';
import type { PartitionInput } from './frame-split.ts';
import { PairKeeper } from './pair-keeper.ts';
import type { KeptPair, LogFrame, PartitionPosition } from './ports.ts';

export interface PartitionLineOptions {
  readonly partition: number;
  readonly plan: Plan;
  readonly schema: BatchSchema;
  readonly traffic: Traffic;
  readonly outcomeMetrics: readonly OutcomeMetric[];
  readonly layoutOfWindow: (window: number) => PartialLayout;
}

/** A partition's numbers of one window, and where the partition stood when it handed them on. */
export interface PositionedPartial {
  readonly closed: ClosedPartial;
  readonly position: PartitionPosition;
}

/** A reported window that is closed; `isAmended`: late records changed it. */
export interface SettledPartial extends PositionedPartial {
  readonly isAmended: boolean;
}

/** The column sets that entries point into. */
export type FrameColumns = Pick<LogFrame, 'current' | 'canary' | 'outcomes'>;

/** Everything of one partition number: its join, its partials, its requests that wait for outcomes. */
export class PartitionLine implements FoldListener {
  readonly partition: number;
  readonly joiner: PartitionJoiner;
  readonly outcomes: OutcomeJoiner | null;
  private readonly traffic: Traffic;
  private readonly folder: PartitionFolder;
  private readonly keeper: PairKeeper;
  private readonly scoreColumn: number;
  private readonly closed = new Map<number, PositionedPartial>();
  private settled: SettledPartial[] = [];
  /** Windows by which the end of a window's amendments follows its report. */
  private readonly settleLag: number;
  private readonly awaiting = new Map<number, AwaitingBuilder>();

  constructor(options: PartitionLineOptions) {
    const { plan, schema } = options;
    this.partition = options.partition;
    this.traffic = options.traffic;
    this.settleLag = settleLagOf(plan.window);
    this.scoreColumn = schema.layout.numbers.findIndex((field) => field.name === 'score');
    this.keeper = new PairKeeper(plan.keepPairs, schema, plan.window.lengthMs);
    this.outcomes =
      options.outcomeMetrics.length === 0
        ? null
        : new OutcomeJoiner({
            settings: plan.window,
            metrics: options.outcomeMetrics,
            outcomeNames: outcomeNamesOf(options.outcomeMetrics),
            lossOf: (metric, score, outcome) => {
              const threshold = plan.decision.threshold ?? 0.5;
              const quantile = metric.pinballQuantile ?? 0.5;
              // A label metric has a loss: the plan is refused without one.
              return lossOf(metric.loss ?? 'log', { score, outcome }, { threshold, quantile });
            },
          });
    const listens = this.outcomes !== null || plan.keepPairs.mode !== 'none';
    this.folder = new PartitionFolder({
      schema,
      decision: plan.decision,
      skewTolerance: plan.watch.skewTolerance,
      sampleSize: plan.reference.minSampleCount,
      layoutOfWindow: options.layoutOfWindow,
      onClosed: (closed) => this.closed.set(closed.window, { closed, position: this.position() }),
      onSettled: (closed, isAmended) =>
        this.settled.push({ closed, isAmended, position: this.position() }),
      listener: listens ? this : null,
    });
    this.joiner = new PartitionJoiner({
      partition: options.partition,
      settings: plan.window,
      schema,
      sink: this.folder,
      openKeyCountMax: plan.limits.openKeyCountMax,
    });
  }

  /** Reads this partition's records of a stretch of the log. */
  advance(frame: FrameColumns, input: PartitionInput): void {
    this.joiner.advance([frame.current, frame.canary], input.predictions, this.traffic);
    const { outcomes } = input;
    if (this.outcomes === null || frame.outcomes === null) return;
    for (let i = 0; i < outcomes.length; i++) {
      const at = { clockMs: outcomes.clocksMs[i] ?? 0, sequence: outcomes.sequences[i] ?? 0 };
      this.outcomes.offer(frame.outcomes, (outcomes.entries[i] ?? 0) >> 2, at);
    }
  }

  /** The oldest window that is open here or was closed and not taken; Infinity when there is none. */
  oldestWindow(): number {
    return Math.min(
      this.joiner.oldestUnreported,
      (this.outcomes?.oldestOpen ?? Infinity) + this.settleLag,
      ...this.closed.keys(),
    );
  }

  /** The oldest window of which it is known what became of it after its report; Infinity when there is none. */
  oldestSettled(): number {
    return this.settled.reduce((least, { closed }) => Math.min(least, closed.window), Infinity);
  }

  /** Takes a closed window's numbers away; null when nothing of it was here. */
  take(window: number): PositionedPartial | null {
    const closed = this.closed.get(window) ?? null;
    this.closed.delete(window);
    return closed;
  }

  private position(): PartitionPosition {
    const { facts, counters } = this.joiner;
    const watermarkMs = Math.min(facts.watermarkMs, Number.MAX_SAFE_INTEGER);
    return { partition: this.partition, watermarkMs, nextOffset: counters.read };
  }

  /** Takes what became of reported windows up to this one. */
  takeSettled(through: number): readonly SettledPartial[] {
    const taken = this.settled.filter(({ closed }) => closed.window <= through);
    this.settled = this.settled.filter(({ closed }) => closed.window > through);
    return taken;
  }

  /** Takes the requests of windows up to this one that wait for outcomes, oldest first. */
  takeAwaiting(through: number): readonly AwaitingRows[] {
    const due = [...this.awaiting.values()].filter((builder) => builder.window <= through);
    for (const builder of due) this.awaiting.delete(builder.window);
    return due.sort((left, right) => left.window - right.window).map((builder) => builder.rows());
  }

  /** Takes the kept pairs of windows up to this one. */
  takePairs(through: number): readonly KeptPair[] {
    return this.keeper.take(through);
  }

  neededFrom(): number {
    return Math.min(this.joiner.neededFrom(), this.outcomes?.neededFrom() ?? Infinity);
  }

  onPairs(folded: FoldedPairs): void {
    this.keeper.offer(folded, (partial) => this.folder.windowOf(partial));
    if (this.outcomes === null) return;
    const { pairs, slots, current, canary } = folded;
    for (let i = 0; i < pairs.length; i++) {
      const currentMarks = marksAt(current, i);
      const canaryMarks = marksAt(canary, i);
      const currentScore = scoreAt(current.columns.numbers[this.scoreColumn], current.at[i] ?? 0);
      const canaryScore = scoreAt(canary.columns.numbers[this.scoreColumn], canary.at[i] ?? 0);
      const failed = ((currentMarks | canaryMarks) & MARK_ERROR) !== 0;
      const scored = Number.isFinite(currentScore) && Number.isFinite(canaryScore);
      this.wait(slots, {
        slot: pairs.slot[i] ?? 0,
        partial: pairs.partial[i] ?? 0,
        currentScore,
        canaryScore,
        marks:
          (!failed && scored ? AWAITS_PAIR : 0) |
          ((currentMarks & MARK_SERVED) !== 0 ? AWAITS_CURRENT_SERVED : 0) |
          ((canaryMarks & MARK_SERVED) !== 0 ? AWAITS_CANARY_SERVED : 0),
      });
    }
  }

  onSingles(singles: ResolvedRows, slots: Slots): void {
    if (this.outcomes === null) return;
    for (let i = 0; i < singles.length; i++) {
      const slot = singles.slot[i] ?? 0;
      const isCurrent = singles.row[i] === FOLD_CURRENT;
      const served = ((slots.marks[slot] ?? 0) & MARK_SERVED) !== 0;
      const score = scoreAt(slots.numbers[this.scoreColumn], slot);
      this.wait(slots, {
        slot,
        partial: singles.partial[i] ?? 0,
        currentScore: isCurrent ? score : Number.NaN,
        canaryScore: isCurrent ? Number.NaN : score,
        marks: served ? (isCurrent ? AWAITS_CURRENT_SERVED : AWAITS_CANARY_SERVED) : 0,
      });
    }
  }

  private wait(
    slots: Slots,
    request: {
      readonly slot: number;
      readonly partial: number;
      readonly currentScore: number;
      readonly canaryScore: number;
      readonly marks: number;
    },
  ): void {
    const { slot, currentScore, canaryScore, marks } = request;
    if (marks === 0) return;
    const window = this.folder.windowOf(request.partial);
    let builder = this.awaiting.get(window);
    if (builder === undefined) {
      builder = new AwaitingBuilder(window);
      this.awaiting.set(window, builder);
    }
    const key = keyNumber(slots.key1a[slot] ?? 0, slots.key1b[slot] ?? 0);
    builder.add({ key, check: slots.key2a[slot] ?? 0, currentScore, canaryScore, marks });
  }
}

/**
 * How many windows after its report a window is settled: with `late: amend` it takes records for
 * another grace.
 *
 * @example settleLagOf({ ...settings, late: 'drop' }) // 0
 */
export function settleLagOf(settings: WindowSettings): number {
  return settings.late === 'drop' ? 0 : Math.ceil(settings.graceMs / settings.lengthMs);
}

/** The outcomes that a plan judges, each once: the reader numbers them in this order. */
export function outcomeNamesOf(metrics: readonly OutcomeMetric[]): readonly string[] {
  return [...new Set(metrics.map((metric) => metric.outcome))];
}

function marksAt(side: FoldedPairs['current'], i: number): number {
  return side.marks[side.marksAt === null ? i : (side.marksAt[i] ?? 0)] ?? 0;
}

function scoreAt(scores: Float64Array | undefined, at: number): number {
  return scores?.[at] ?? Number.NaN;
}
