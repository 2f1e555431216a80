import type { OutcomeMetric } from '../../core/events/plan.ts';
import { assert, defined } from '../../core/foundation/assert.ts';
import type { JoinCounters } from '../../core/join/sink.ts';
import { stratumOf } from '../../core/windows/outcome-ledger.ts';
import { closeOutcomes } from '../close-outcomes.ts';
import { loadFacts, Marks, storeFacts } from '../marks.ts';
import { PartitionLine, settleLagOf } from '../partition-line.ts';
import { streamTraffic } from '../traffic.ts';
import type { BatchTimes, MergeBounds, StoppedBy } from './arrival-merge.ts';
import { ArrivalMerge } from './arrival-merge.ts';
import type { PositionsRecord, StreamMark } from './messages.ts';
import { OpenLimit, type OpenLimits } from './open-limit.ts';
import { NO_OUTCOMES, PartitionMessages, type Standing } from './partition-messages.ts';
import { PartitionOrigin } from './partition-origin.ts';
import type { Closing, PartitionOutput } from './partition-output.ts';
import { type PartitionStart, sidesOf } from './partition-start.ts';
import type { JoinTarget, Side, SideBatch } from './ports.ts';
import { ReadCounts } from './read-counts.ts';
import { Rebuild } from './rebuild.ts';
import type { Reference } from './reference.ts';
import { closedBy, SilentMoves } from './silent-moves.ts';

/** Event times that stand for "nothing yet" on the wire, which has no infinities. */
const BEFORE_TIME_MS = -1e15;
/** Records of one stretch: after each the limits are looked at again. */
const STRETCH_LENGTH = 4096;
const SIDES: readonly Side[] = ['current', 'canary', 'outcomes'];
/** Records between two places to begin again from. */
const MARK_DISTANCE = 1024;

export interface StreamPartitionOptions {
  readonly target: JoinTarget;
  readonly partition: number;
  readonly reference: Reference;
  readonly outcomeMetrics: readonly OutcomeMetric[];
  readonly start: PartitionStart;
  readonly folderId: string;
  readonly limits: OpenLimits;
  readonly sampleBytesMax: number;
}

/**
 * One partition number of one rollout over its topics: brings them into the order of arrival, joins,
 * and says what is to be sent. No I/O and no clock: the same logs give the same messages, whoever
 * owns the partition and however often it was begun again.
 */
export class StreamPartition {
  readonly partition: number;
  readonly line: PartitionLine;
  readonly merge: ArrivalMerge;
  private readonly options: StreamPartitionOptions;
  private readonly marks = new Marks<StreamMark>();
  private readonly origin: PartitionOrigin;
  private readonly lengthMs: number;
  private readonly settleLag: number;
  private readonly settling: number[] = [];
  private readonly unmerged: number[] = [];
  private readonly counts: ReadCounts;
  private readonly rebuild: Rebuild;
  private readonly silentMoves: SilentMoves;
  private readonly messages: PartitionMessages;
  private readonly limit: OpenLimit;
  /** The cells that its windows are counted in. */
  private countedIn: string | null;
  private newestClosed: number;
  /** Windows up to this one an earlier owner has reported. */
  readonly reportedBefore: number;
  private sentThrough: number;
  /** The last window of which this owner, counting in these cells, made a message. */
  private announced = -Infinity;
  private markedAt = -Infinity;

  constructor(options: StreamPartitionOptions) {
    const { target, start } = options;
    this.options = options;
    this.partition = options.partition;
    this.lengthMs = target.plan.window.lengthMs;
    this.settleLag = settleLagOf(target.plan.window);
    this.line = new PartitionLine({
      partition: options.partition,
      plan: target.plan,
      schema: target.schema,
      traffic: streamTraffic(target.plan, target.rolloutId),
      outcomeMetrics: options.outcomeMetrics,
      layoutOfWindow: (window) => options.reference.layoutOfWindow(window),
    });
    const { mark, done } = start;
    const sides = sidesOf(target, start);
    this.merge = new ArrivalMerge(sides, mark.sequence);
    this.merge.clockMs = mark.clockMs ?? -Infinity;
    const facts = loadFacts(mark.facts);
    this.merge.frontMs = Math.max(facts.highestCurrentMs, facts.highestCanaryMs);
    this.line.joiner.restore(facts);
    this.origin = new PartitionOrigin(start.originMark);
    this.reportedBefore = (done?.reportedThroughMs ?? BEFORE_TIME_MS) / this.lengthMs - 1;
    this.sentThrough = this.reportedBefore;
    this.counts = new ReadCounts(start, sides);
    this.rebuild = new Rebuild(start);
    this.silentMoves = new SilentMoves(start.silentMoves);
    this.messages = new PartitionMessages(options);
    const { joiner } = this.line;
    this.limit = new OpenLimit({ joiner, target, rebuild: this.rebuild }, options.limits);
    this.countedIn = options.reference.hash;
    this.newestClosed = -Infinity;
    this.addMark();
    this.endRebuild();
  }

  /** Where a topic is to be read from now; Infinity for a topic that is not read here. */
  readFrom(topic: string): number {
    return this.merge.offeredOffset(topic);
  }

  /**
   * Looks at cells that have become known. False when records were counted without them that they
   * concern, or wait in columns that do not have all of their fields: then this partition must be
   * begun again.
   */
  takesCells(): boolean {
    const { hash, firstWindow } = this.options.reference;
    if (hash === this.countedIn) return true;
    const counted = Math.max(this.line.joiner.newestOpen, this.newestClosed);
    if (counted >= firstWindow || !this.merge.isEmpty) return false;
    this.countedIn = hash;
    this.announced = -Infinity;
    return true;
  }

  /** Offsets of a topic at which a batch must be cut: what lies before counts otherwise than what follows. */
  cuts(topic: string): readonly number[] {
    const { start } = this.options;
    const { topics } = this.options.target;
    const counted = SIDES.filter((side) => topics[side] === topic).map(
      (side) => start.done?.countedOffsets[side],
    );
    const { mark, done } = start;
    const offered = this.merge.offeredOffset(topic);
    const all = [offered, ...counted, mark.offsets[topic], done?.nextOffsets[topic]];
    return all.filter((offset) => offset !== undefined);
  }

  /** Takes a batch that does not reach over a cut. */
  offer(batch: SideBatch, times: BatchTimes): void {
    this.merge.offer(batch, times);
  }

  /** Joins what can be joined, and says what closed. */
  advance(nowMs: number): PartitionOutput {
    const { joiner } = this.line;
    for (;;) {
      this.addMark();
      const stretch = this.merge.next(this.bounds());
      for (const passed of this.merge.takePassed()) this.counts.skip(passed);
      if (stretch === null) {
        if (this.endRebuild() || this.unstick(nowMs)) continue;
        break;
      }
      this.limit.move();
      this.forgetSilence();
      this.line.advance(stretch.columns, stretch.input);
      joiner.advanceClock(this.merge.clockMs);
    }
    const silentMs = this.merge.endSeenAtMs();
    if (Number.isFinite(silentMs) && this.rebuild.isOver)
      this.moveSilently(() => joiner.advanceSilence(silentMs));
    return this.collect();
  }

  /** Why records wait; null: none do, or they are only waited for. */
  get stall(): StoppedBy {
    return this.merge.stoppedBy;
  }

  /** What `advance` last gave is sent: nothing of it needs to be read again. */
  release(through: number): void {
    // What may still be amended has to be built again.
    this.line.joiner.release(through - this.settleLag);
    if (through > this.sentThrough) this.sentThrough = through;
  }

  isReleased(through: number): boolean {
    return through <= this.sentThrough;
  }

  /** Whether something has to be told to the merger, were it only how far this partition is. */
  get reportedThroughMs(): number {
    const reported = Math.max(this.line.joiner.reported, this.sentThrough);
    return Math.max((reported + 1) * this.lengthMs, BEFORE_TIME_MS);
  }

  /** What this owner did with the records that it read, those that it read again included. */
  processed(): JoinCounters {
    return this.counts.processed(this.line.joiner.counters);
  }

  /**
   * Whether the next owner must know of a silent move before anyone hears of what it closed: if this
   * one ended in between, that one would close the same windows elsewhere.
   */
  get mustTellFirst(): boolean {
    return this.silentMoves.isUnwritten;
  }

  /** For the next owner. */
  positions(): PositionsRecord {
    const { target, folderId } = this.options;
    const mark = this.neededMark();
    const oldest =
      this.countedIn === null ? -Infinity : (this.line.outcomes?.oldestAwaiting ?? Infinity);
    const originMark = this.origin.markOf(oldest, mark);
    this.silentMoves.isUnwritten = false;
    return {
      rolloutId: target.rolloutId,
      partition: this.partition,
      ...this.standing(mark),
      // What is not sent yet is not reported: the next owner must send it.
      reportedThroughMs: Math.max((this.sentThrough + 1) * this.lengthMs, BEFORE_TIME_MS),
      folderId,
      mark,
      originMark,
      countedOffsets: { ...this.counts.countedOffsets },
      silentMoves: this.silentMoves.since(originMark),
    };
  }

  private neededMark(): StreamMark {
    return defined(this.marks.at(this.line.neededFrom()), 'a place at or before every open record');
  }

  /** While it rebuilds it stands where the owner before it did: what it counts was counted there. */
  private standing(mark: StreamMark): Standing {
    const done = this.rebuild.isOver ? null : this.options.start.done;
    const positions = Object.entries(this.merge.nextOffsets()).map(([topic, offset]) => {
      const nextOffset = Math.max(offset, done?.nextOffsets[topic] ?? 0);
      const replayOffset = Math.min(mark.offsets[topic] ?? nextOffset, nextOffset);
      return { topic, nextOffset, replayOffset };
    });
    const { facts, counters } = this.line.joiner;
    return {
      positions,
      watermarkMs: Math.max(facts.watermarkMs, done?.watermarkMs ?? BEFORE_TIME_MS, BEFORE_TIME_MS),
      reportedThroughMs: this.reportedThroughMs,
      profileHash: this.countedIn,
      counters: this.counts.total(counters),
    };
  }

  /** Once all that was read before is read again, what follows is new. */
  private endRebuild(): boolean {
    const watermarkMs = this.rebuild.pass(this.merge.nextOffsets());
    if (watermarkMs === null) return false;
    const { joiner } = this.line;
    joiner.advanceWatermark(watermarkMs);
    if (this.rebuild.isOver) this.counts.begin(joiner.counters);
    return true;
  }

  /** A silence that came before the first record is none of the log's: what follows must not depend on it. */
  private forgetSilence(): void {
    const { facts } = this.line.joiner;
    if (Math.max(facts.highestCurrentMs, facts.highestCanaryMs) > -Infinity) return;
    facts.heardCurrentMs = -Infinity;
    facts.heardCanaryMs = -Infinity;
  }

  /** Moves the watermark by processing time, and remembers it where that closed a window. */
  private moveSilently(move: () => void): void {
    const { joiner } = this.line;
    const before = closedBy(joiner.facts.watermarkMs, this.options.target.plan.window);
    move();
    const { watermarkMs } = joiner.facts;
    if (closedBy(watermarkMs, this.options.target.plan.window) === before) return;
    this.silentMoves.add({ offsets: this.merge.nextOffsets(), watermarkMs });
  }

  private bounds(): MergeBounds {
    const { reference } = this.options;
    const { room } = this.limit;
    return {
      // At the very limit nobody may add a key.
      horizonMs: room > 0 ? reference.horizonMs(this.waitingWindow()) : -Infinity,
      lengthMax: Math.max(Math.min(room, STRETCH_LENGTH), 1),
      heldSide: this.limit.heldSide(),
      limits: this.rebuild.limits,
    };
  }

  /** Requests that may wait for outcomes here. */
  get awaitingCountMax(): number {
    const { plan, partitionCount } = this.options.target;
    return Math.ceil(plan.limits.awaitingCountMax / partitionCount);
  }

  /** The oldest window that was reported while cells are learned and is not merged yet. */
  private waitingWindow(): number {
    const { mergedWindow } = this.options.reference;
    while ((this.unmerged[0] ?? Infinity) <= mergedWindow) this.unmerged.shift();
    return this.unmerged[0] ?? Infinity;
  }

  private addMark(): void {
    const { sequence } = this.merge;
    if (sequence - this.markedAt < MARK_DISTANCE && sequence > this.markedAt) {
      if (this.line.oldestWindow() !== Infinity) return;
    }
    if (sequence === this.markedAt) return;
    this.markedAt = sequence;
    this.marks.add(this.presentMark());
  }

  private presentMark(): StreamMark {
    return {
      sequence: this.merge.sequence,
      offsets: this.merge.nextOffsets(),
      clockMs: Number.isFinite(this.merge.clockMs) ? this.merge.clockMs : null,
      facts: storeFacts(this.line.joiner.facts),
    };
  }

  /** At the limit of open keys with nothing else to read the oldest window closes early. */
  private unstick(nowMs: number): boolean {
    if (!this.limit.isStuck(nowMs, this.stall !== 'end')) return false;
    const { joiner } = this.line;
    const { graceMs } = this.options.target.plan.window;
    const oldest = joiner.oldestUnreported;
    assert(oldest !== Infinity, 'open keys belong to an open window');
    this.moveSilently(() => joiner.advanceWatermark((oldest + 1) * this.lengthMs + graceMs));
    return true;
  }

  private collect(): PartitionOutput {
    const { reported } = this.line.joiner;
    const through = Math.max(reported, this.sentThrough);
    const output: Closing = {
      pairs: [],
      segments: [],
      expiredSegments: [],
      messages: [],
      through,
    };
    for (let window = this.nextClose(); window <= reported; window = this.nextClose())
      this.closeWindow(window, output);
    const isSome = (through + 1) * this.lengthMs > BEFORE_TIME_MS;
    if (this.rebuild.isOver && isSome && through > this.announced) {
      output.messages.push(this.messages.heartbeat(this.standing(this.neededMark())));
      this.announced = through;
    }
    return output;
  }

  private nextClose(): number {
    const { line } = this;
    // A late record may have opened a window that was reported as empty.
    const settling = Math.min(this.settling[0] ?? Infinity, line.oldestSettled() + this.settleLag);
    return Math.min(line.oldestWindow(), settling);
  }

  private closeWindow(window: number, output: Closing): void {
    const { line } = this;
    const needed = this.marks.at(line.neededFrom());
    if (needed !== null) this.origin.add(window, needed);
    const settled = window - this.settleLag;
    while ((this.settling[0] ?? Infinity) <= window) this.settling.shift();
    const isReported = window <= this.reportedBefore;
    const taken = line.take(window);
    this.newestClosed = Math.max(this.newestClosed, window);
    if (this.settleLag > 0 && taken !== null) this.settling.push(window + this.settleLag);
    const outcomes = closeOutcomes([line], {
      window: settled,
      isStored: isReported && this.options.start.hasSegments,
      awaitingCountMax: this.awaitingCountMax,
    });
    output.segments.push(...outcomes.segments);
    output.expiredSegments.push(...outcomes.expired);
    const pairs = line.takePairs(settled);
    const amended = line.takeSettled(settled).filter(({ isAmended }) => isAmended);
    if (isReported) return;
    output.pairs.push(...pairs);
    const standing = this.standing(this.neededMark());
    for (const { closed } of amended) {
      const parts = { window: closed.window, revision: 1, closed, outcomes: NO_OUTCOMES };
      output.messages.push(...this.messages.partial(parts, standing));
    }
    const strata = outcomes.awaiting.map(stratumOf);
    const { increments, letGoThrough } = outcomes;
    const isNothing = strata.length === 0 && increments.length === 0 && letGoThrough === null;
    if (taken === null && isNothing) return;
    const parts = {
      window,
      revision: 0,
      closed: taken?.closed ?? null,
      outcomes: { strata, increments, letGoThrough },
    };
    output.messages.push(...this.messages.partial(parts, standing));
    if (this.countedIn === null) this.unmerged.push(window);
    this.announced = window;
  }
}
