import type { OutcomeMetric } from '../../core/events/plan.ts';
import { assert, defined } from '../../core/foundation/assert.ts';
import type { JoinCounters } from '../../core/join/sink.ts';
import type { OutcomeStratum } from '../../core/windows/outcome-ledger.ts';
import { stratumOf } from '../../core/windows/outcome-ledger.ts';
import { emptyPartial } from '../../core/windows/partial.ts';
import type { ClosedPartial } from '../../core/windows/partition-folder.ts';
import { toSparse } from '../../core/windows/sparse.ts';
import { closeOutcomes } from '../close-outcomes.ts';
import { loadFacts, Marks, storeFacts } from '../marks.ts';
import { PartitionLine, settleLagOf } from '../partition-line.ts';
import type { KeptPair } from '../ports.ts';
import { streamTraffic } from '../traffic.ts';
import type { BatchTimes, MergeBounds, StoppedBy } from './arrival-merge.ts';
import { ArrivalMerge } from './arrival-merge.ts';
import type {
  HeartbeatMessage,
  JoinerMessage,
  PartialMessage,
  PositionCounters,
  PositionsRecord,
  StreamMark,
} from './messages.ts';
import { PartitionOrigin } from './partition-origin.ts';
import type { PartitionStart } from './partition-start.ts';
import type { JoinTarget, Side, SideBatch } from './ports.ts';
import type { Reference } from './reference.ts';
import { sampleMessages } from './sample-messages.ts';

/** Event times that stand for "nothing yet" on the wire, which has no infinities. */
const BEFORE_TIME_MS = -1e15;
/** Records of one stretch: after each the limits are looked at again. */
const STRETCH_LENGTH = 4096;
/** From this share of the open keys on the side that leads waits. */
const HELD_SHARE = 0.9;
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
  /** Request ids that may be open in this partition. */
  readonly openKeyCountMax: number;
  readonly sampleBytesMax: number;
}

/** What a partition wants to be written and sent, in this order: files first. */
export interface PartitionOutput {
  readonly pairs: readonly KeptPair[];
  readonly segments: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly expiredSegments: readonly string[];
  readonly messages: readonly JoinerMessage[];
  /** Windows up to this one are in the messages, or hold nothing. */
  readonly through: number;
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
  /** Records that this owner passed over. */
  private readonly skipped = { ignored: 0, deadLettered: 0 };
  private readonly counters = { read: 0, late: 0, deadLettered: 0, ignored: 0 };
  /** By side: offsets up to which skipped records are counted. */
  private readonly counted: Record<string, number>;
  /** Late records that the joiner counted before this owner's own began. */
  private lateBefore = 0;
  private rebuilding: boolean;
  /** The cells that its windows are counted in. */
  private countedIn: string | null;
  private newestClosed: number;
  /** Windows up to this one an earlier owner has reported. */
  readonly reportedBefore: number;
  private sentThrough: number;
  /** The last window of which a message was made. */
  private announced = -Infinity;
  private markedAt = -Infinity;
  private stuckSinceMs: number | null = null;

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
    this.merge = new ArrivalMerge(sidesOf(target, mark.offsets), mark.sequence);
    this.merge.clockMs = mark.clockMs ?? -Infinity;
    const facts = loadFacts(mark.facts);
    this.merge.frontMs = Math.max(facts.highestCurrentMs, facts.highestCanaryMs);
    this.line.joiner.restore(facts);
    this.origin = new PartitionOrigin(start.originMark);
    this.reportedBefore = (done?.reportedThroughMs ?? BEFORE_TIME_MS) / this.lengthMs - 1;
    this.sentThrough = this.reportedBefore;
    this.counted = { ...done?.countedOffsets };
    Object.assign(this.counters, done?.counters);
    this.rebuilding = done !== null;
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
   * concern: then this partition must be begun again.
   */
  takesCells(): boolean {
    const { hash, firstWindow } = this.options.reference;
    if (hash === this.countedIn) return true;
    if (Math.max(this.line.joiner.newestOpen, this.newestClosed) >= firstWindow) return false;
    this.countedIn = hash;
    return true;
  }

  /** Offsets of a topic at which a batch must be cut: what lies before counts otherwise than what follows. */
  cuts(topic: string): readonly number[] {
    const { start } = this.options;
    const { topics } = this.options.target;
    const counted = SIDES.filter((side) => topics[side] === topic).map(
      (side) => start.done?.countedOffsets[side],
    );
    const offered = this.merge.offeredOffset(topic);
    const all = [offered, ...counted, start.done?.nextOffsets[topic]];
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
      this.countSkipped();
      if (stretch === null) {
        if (this.endRebuild() || this.unstick(nowMs)) continue;
        break;
      }
      this.stuckSinceMs = null;
      const readBefore = joiner.counters.read;
      this.line.advance(stretch.columns, stretch.input);
      if (!this.rebuilding) this.counters.read += joiner.counters.read - readBefore;
      joiner.advanceClock(this.merge.clockMs);
    }
    const silentMs = this.merge.endSeenAtMs();
    if (Number.isFinite(silentMs) && !this.rebuilding) joiner.advanceSilence(silentMs);
    return this.collect();
  }

  /** Why records wait; null: none do, or they are only waited for. */
  get stall(): StoppedBy {
    return this.merge.stoppedBy;
  }

  /** What `advance` last gave is sent: nothing of it needs to be read again. */
  release(through: number): void {
    this.line.joiner.release(through);
    if (through > this.sentThrough) this.sentThrough = through;
  }

  /** Whether something has to be told to the merger, were it only how far this partition is. */
  get reportedThroughMs(): number {
    const reported = Math.max(this.line.joiner.reported, this.sentThrough);
    return Math.max((reported + 1) * this.lengthMs, BEFORE_TIME_MS);
  }

  /** What this owner did with the records that it read, those that it read again included. */
  processed(): JoinCounters {
    const { counters } = this.line.joiner;
    const { ignored, deadLettered } = this.skipped;
    return {
      ...counters,
      read: counters.read + ignored + deadLettered,
      ignored: counters.ignored + ignored,
      deadLettered: counters.deadLettered + deadLettered,
    };
  }

  /** For the next owner. */
  positions(): PositionsRecord {
    const { target, folderId } = this.options;
    const present = this.marks.at(this.line.neededFrom());
    const mark = defined(present, 'a place at or before every open record');
    const oldest =
      this.countedIn === null ? -Infinity : (this.line.outcomes?.oldestAwaiting ?? Infinity);
    return {
      rolloutId: target.rolloutId,
      partition: this.partition,
      ...this.from(mark),
      // What is not sent yet is not reported: the next owner must send it.
      reportedThroughMs: Math.max((this.sentThrough + 1) * this.lengthMs, BEFORE_TIME_MS),
      folderId,
      mark,
      originMark: this.origin.markOf(oldest, mark),
      countedOffsets: { ...this.counted },
    };
  }

  private from(
    mark: StreamMark,
  ): Pick<
    PositionsRecord,
    'positions' | 'watermarkMs' | 'reportedThroughMs' | 'profileHash' | 'counters'
  > {
    const positions = Object.entries(this.merge.nextOffsets()).map(([topic, nextOffset]) => ({
      topic,
      nextOffset,
      replayOffset: Math.min(mark.offsets[topic] ?? nextOffset, nextOffset),
    }));
    return {
      positions,
      watermarkMs: Math.max(this.line.joiner.facts.watermarkMs, BEFORE_TIME_MS),
      reportedThroughMs: this.reportedThroughMs,
      profileHash: this.countedIn,
      counters: this.positionCounters(),
    };
  }

  private positionCounters(): PositionCounters {
    const late = this.rebuilding ? 0 : this.line.joiner.counters.late - this.lateBefore;
    return { ...this.counters, late: this.counters.late + late };
  }

  /** Once all that was read before is read again, what follows is new. */
  private endRebuild(): boolean {
    const { done } = this.options.start;
    if (!this.rebuilding || done === null) return false;
    const offsets = this.merge.nextOffsets();
    const isBehind = Object.entries(offsets).some(
      ([topic, offset]) => offset < (done.nextOffsets[topic] ?? 0),
    );
    if (isBehind) return false;
    this.rebuilding = false;
    this.lateBefore = this.line.joiner.counters.late;
    this.line.joiner.advanceWatermark(done.watermarkMs);
    return true;
  }

  private bounds(): MergeBounds {
    const { target, reference, openKeyCountMax, start } = this.options;
    const { openKeyCount } = this.line.joiner;
    const room = Math.min(target.plan.limits.openKeyCountMax, openKeyCountMax) - openKeyCount;
    const isFull = openKeyCount >= HELD_SHARE * (openKeyCount + room);
    return {
      // At the very limit nobody may add a key.
      horizonMs: room > 0 ? reference.horizonMs(this.waitingWindow()) : -Infinity,
      lengthMax: Math.max(Math.min(room, STRETCH_LENGTH), 1),
      heldSide: isFull ? this.leadingSide() : null,
      limits: this.rebuilding ? (start.done?.nextOffsets ?? null) : null,
    };
  }

  /** The oldest window that was reported while cells are learned and is not merged yet. */
  private waitingWindow(): number {
    const { mergedWindow } = this.options.reference;
    while ((this.unmerged[0] ?? Infinity) <= mergedWindow) this.unmerged.shift();
    return this.unmerged[0] ?? Infinity;
  }

  private countSkipped(): void {
    for (const { side, nextOffset, ignoredCount, deadCount } of this.merge.takePassed()) {
      if (side !== 'outcomes') {
        this.skipped.ignored += ignoredCount;
        this.skipped.deadLettered += deadCount;
      }
      if (nextOffset <= (this.counted[side] ?? 0)) continue;
      this.counted[side] = nextOffset;
      if (side === 'outcomes') continue;
      this.counters.read += ignoredCount + deadCount;
      this.counters.ignored += ignoredCount;
      this.counters.deadLettered += deadCount;
    }
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

  /** The arm that runs ahead in event time: it is the one to wait. */
  private leadingSide(): Side {
    const { highestCurrentMs, highestCanaryMs } = this.line.joiner.facts;
    return highestCanaryMs > highestCurrentMs ? 'canary' : 'current';
  }

  /**
   * At the limit of open keys with nothing else to read, the oldest window closes early once the
   * partition was stuck for the idle timeout: what comes later for it is late, and counted.
   */
  private unstick(nowMs: number): boolean {
    const { openKeyCount } = this.line.joiner;
    const { openKeyCountMax } = this.options;
    const isFull = openKeyCount >= HELD_SHARE * openKeyCountMax;
    if (!isFull || this.stall === 'end') {
      this.stuckSinceMs = null;
      return false;
    }
    this.stuckSinceMs ??= nowMs;
    const { idleTimeoutMs, graceMs } = this.options.target.plan.window;
    if (nowMs - this.stuckSinceMs < idleTimeoutMs) return false;
    const oldest = this.line.joiner.oldestUnreported;
    assert(oldest !== Infinity, 'open keys belong to an open window');
    this.line.joiner.advanceWatermark((oldest + 1) * this.lengthMs + graceMs);
    this.stuckSinceMs = null;
    return true;
  }

  private collect(): PartitionOutput {
    const output = {
      pairs: [] as KeptPair[],
      segments: [] as PartitionOutput['segments'][number][],
      expiredSegments: [] as string[],
      messages: [] as JoinerMessage[],
    };
    const { reported } = this.line.joiner;
    for (let window = this.nextClose(); window <= reported; window = this.nextClose())
      this.closeWindow(window, output);
    const through = Math.max(reported, this.sentThrough);
    if (through > Math.max(this.announced, this.sentThrough))
      output.messages.push(this.heartbeat());
    return { ...output, through };
  }

  private heartbeat(): HeartbeatMessage {
    const { rolloutId } = this.options.target;
    const mark = defined(this.marks.at(this.line.neededFrom()), 'a mark');
    return { kind: 'heartbeat', rolloutId, partition: this.partition, ...this.from(mark) };
  }

  private nextClose(): number {
    return Math.min(this.line.oldestWindow(), this.settling[0] ?? Infinity);
  }

  private closeWindow(
    window: number,
    output: {
      readonly pairs: KeptPair[];
      readonly segments: PartitionOutput['segments'][number][];
      readonly expiredSegments: string[];
      readonly messages: JoinerMessage[];
    },
  ): void {
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
      awaitingCountMax: Math.ceil(
        this.options.target.plan.limits.awaitingCountMax / this.options.target.partitionCount,
      ),
    });
    output.segments.push(...outcomes.segments);
    output.expiredSegments.push(...outcomes.expired);
    const pairs = line.takePairs(settled);
    const amended = line.takeSettled(settled).filter(({ isAmended }) => isAmended);
    if (isReported) return;
    output.pairs.push(...pairs);
    for (const { closed } of amended)
      output.messages.push(this.message(closed, { revision: 1, window: closed.window }));
    const strata = outcomes.awaiting.map(stratumOf);
    const { increments, letGoThrough } = outcomes;
    const isNothing = strata.length === 0 && increments.length === 0 && letGoThrough === null;
    if (taken === null && isNothing) return;
    const closed = taken?.closed ?? null;
    const sample = closed === null ? [] : this.sampleOf(closed);
    const outcomeParts = { strata, increments, letGoThrough };
    const partial = this.message(closed, { revision: 0, window, outcomes: outcomeParts });
    output.messages.push(...sample, { ...partial, sampleChunkCount: sample.length });
    if (this.countedIn === null) this.unmerged.push(window);
    this.announced = window;
  }

  private sampleOf(closed: ClosedPartial): readonly JoinerMessage[] {
    const { target, sampleBytesMax } = this.options;
    return sampleMessages(closed, {
      rolloutId: target.rolloutId,
      partition: this.partition,
      windowStartMs: closed.window * this.lengthMs,
      schema: target.schema,
      bytesMax: sampleBytesMax,
    });
  }

  private message(
    closed: ClosedPartial | null,
    rest: {
      readonly revision: number;
      readonly window: number;
      readonly outcomes?: {
        readonly strata: readonly OutcomeStratum[];
        readonly increments: PartialMessage['outcomes']['increments'];
        readonly letGoThrough: number | null;
      };
    },
  ): PartialMessage {
    const { reference, target } = this.options;
    const { window, revision } = rest;
    const partial = closed?.partial ?? emptyPartial(reference.layoutOfWindow(window));
    const isLearning = partial.layout.profile === null;
    return {
      kind: 'partial',
      rolloutId: target.rolloutId,
      partition: this.partition,
      windowStartMs: window * this.lengthMs,
      windowEndMs: (window + 1) * this.lengthMs,
      revision,
      windowProfileHash: isLearning ? null : reference.hash,
      ...toSparse(partial),
      ...this.from(defined(this.marks.at(this.line.neededFrom()), 'a mark')),
      // Of a run of windows each says only that it is there itself: the next may be lost.
      reportedThroughMs: (window + 1) * this.lengthMs,
      outcomes: rest.outcomes ?? { strata: [], increments: [], letGoThrough: null },
      sampleSeen: closed?.sample?.seen ?? 0,
      sampleChunkCount: 0,
    };
  }
}

function sidesOf(
  target: JoinTarget,
  offsets: Readonly<Record<string, number>>,
): readonly { readonly side: Side; readonly topic: string; readonly offset: number }[] {
  return SIDES.flatMap((side) => {
    const topic = target.topics[side];
    return topic === null ? [] : [{ side, topic, offset: offsets[topic] ?? 0 }];
  });
}
