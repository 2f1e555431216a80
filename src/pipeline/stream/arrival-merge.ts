import type { OutcomeColumns, PredictionColumns } from '../../core/events/batch.ts';
import { EntryList } from '../entry-list.ts';
import type { PartitionInput } from '../frame-split.ts';
import type { FrameColumns } from '../partition-line.ts';
import type { Side, SideBatch } from './ports.ts';

/** When a batch came: processing times. */
export interface BatchTimes {
  /** Just before the request was sent whose answer it is. */
  readonly askedAtMs: number;
  readonly receivedAtMs: number;
  readonly endOffset: number;
}

/** A stretch of one partition in the order in which it is joined; its columns are used only until the next. */
export interface MergedStretch {
  readonly columns: FrameColumns;
  readonly input: PartitionInput;
  readonly length: number;
}

interface Queued {
  readonly batch: SideBatch;
  readonly receivedAtMs: number;
}

/** A side, the topic that it reads and from where it is joined. */
export interface MergedSide {
  readonly side: Side;
  readonly topic: string;
  readonly offset: number;
  /** From where it is read, at or before that: what is no row there is not counted yet. By default the same. */
  readonly readFrom?: number;
}

/** Where a merge stops. */
export interface MergeBounds {
  /** Predictions from this event time on are not to be joined yet. */
  readonly horizonMs: number;
  /** Records of one stretch. */
  readonly lengthMax: number;
  /** No prediction of this side is to be joined: the open state is full. */
  readonly heldSide: Side | null;
  /** By topic: what lies from these offsets on is not to be joined yet; null: nothing is kept back. */
  readonly limits: Readonly<Record<string, number>> | null;
}

/** Why a merge stopped with records left; `end`: there are none. */
export type StoppedBy = 'end' | 'other_topic' | 'horizon' | 'held';

/** A batch of which nothing is left. */
export interface PassedBatch {
  readonly side: Side;
  readonly nextOffset: number;
  readonly ignoredCount: number;
  readonly deadCount: number;
}

const SIDE_NUMBER: Readonly<Record<Side, 0 | 1 | 2>> = { current: 0, canary: 1, outcomes: 2 };

/** Latest arrival among the records of one topic that are joined: what comes after it counts as no earlier. */
interface TopicFront {
  arrivalMs: number;
}

/** One side's unread batches, and how far the partition is known to hold nothing else. */
class SideQueue {
  readonly side: Side;
  readonly topic: string;
  readonly front: TopicFront;
  /** Whether another side reads the same topic. */
  readonly isShared: boolean;
  private readonly batches: Queued[] = [];
  /** The next row of the first batch. */
  row = 0;
  /** Offset of the next record that is not joined. */
  nextOffset: number;
  /** Rows before it were joined by an earlier owner. */
  private readonly firstOffset: number;
  /** The next offset that has not been offered. */
  offeredOffset: number;
  /** Processing time at which the partition ended where the queue ends; -Infinity: it was never seen to. */
  endSeenAtMs = -Infinity;
  passed: PassedBatch[] = [];

  constructor(
    { side, topic, offset, readFrom = offset }: MergedSide,
    sharing: { readonly front: TopicFront; readonly isShared: boolean },
  ) {
    this.side = side;
    this.topic = topic;
    this.nextOffset = offset;
    this.firstOffset = offset;
    this.offeredOffset = Math.min(readFrom, offset);
    this.front = sharing.front;
    this.isShared = sharing.isShared;
  }

  offer(batch: SideBatch, times: BatchTimes): void {
    this.offeredOffset = batch.nextOffset;
    this.endSeenAtMs = batch.nextOffset >= times.endOffset ? times.askedAtMs : -Infinity;
    this.batches.push({ batch, receivedAtMs: times.receivedAtMs });
    this.moveTo(this.row);
  }

  get head(): Queued | null {
    return this.batches[0] ?? null;
  }

  get columns(): PredictionColumns | OutcomeColumns | null {
    return this.head?.batch.columns ?? null;
  }

  /** When a record arrived, in the order of its partition; Infinity when there is none before `limit`. */
  arrivalMs(row: number, limit: number): number {
    const { columns } = this;
    if (columns === null || row >= columns.length) return Infinity;
    if (limit !== Infinity && this.offsetOf(row) >= limit) return Infinity;
    return Math.max(this.front.arrivalMs, columns.arrivalTimeMs[row] ?? -Infinity);
  }

  /** Offset of a row of the first batch; Infinity when there is none. */
  offsetOf(row: number): number {
    return this.head?.batch.offsets[row] ?? Infinity;
  }

  /** Moves on to a row, and over batches of which nothing is left. */
  moveTo(row: number): void {
    this.row = row;
    for (let head = this.head; head !== null; head = this.head) {
      const length = head.batch.columns?.length ?? 0;
      while (this.row < length && this.offsetOf(this.row) < this.firstOffset) this.row += 1;
      if (this.row < length) {
        this.nextOffset = head.batch.offsets[this.row] ?? this.nextOffset;
        return;
      }
      const { side, nextOffset, ignoredCount, deadCount } = head.batch;
      this.passed.push({ side, nextOffset, ignoredCount, deadCount });
      this.nextOffset = Math.max(nextOffset, this.firstOffset);
      this.row = 0;
      this.batches.shift();
    }
  }

  /** Rows that wait. */
  get rowCount(): number {
    return (
      this.batches.reduce((sum, { batch }) => sum + (batch.columns?.length ?? 0), 0) - this.row
    );
  }
}

/**
 * Brings the topics of one partition number into one order: that of arrival, and of offsets within
 * a topic. A record is joined only when no other side can still have an earlier one, so the order is
 * a function of the logs and a partition that is read again gives the same. Equal arrivals: current
 * before canary before outcomes.
 */
export class ArrivalMerge {
  /** Latest arrival among all records joined. */
  clockMs = -Infinity;
  /** Highest event time among the predictions joined. */
  frontMs = -Infinity;
  /** Records joined, numbered on from where an earlier owner stopped. */
  sequence: number;
  /** Why the last `next` gave nothing. */
  stoppedBy: StoppedBy = 'end';
  private readonly queues: readonly SideQueue[];
  private readonly predictions = new EntryList();
  private readonly outcomes = new EntryList();
  /** Where the record joined last lies: it may be several rows. */
  private lastTopic: string | null = null;
  private lastOffset = -1;

  constructor(sides: readonly MergedSide[], sequence = 0) {
    const fronts = new Map<string, TopicFront>();
    for (const { topic } of sides) fronts.set(topic, { arrivalMs: -Infinity });
    this.queues = sides.map((one) => {
      const isShared = sides.some(({ side, topic }) => topic === one.topic && side !== one.side);
      const front = fronts.get(one.topic) ?? { arrivalMs: -Infinity };
      return new SideQueue(one, { front, isShared });
    });
    this.sequence = sequence;
  }

  /** Takes a batch that begins where the last one ended; one that was taken already changes nothing. */
  offer(batch: SideBatch, times: BatchTimes): void {
    for (const queue of this.queues) {
      const isNew = batch.nextOffset > queue.offeredOffset;
      if (queue.side === batch.side && isNew) queue.offer(batch, times);
    }
  }

  /** The partition of a topic ended here at this time: nothing earlier will come from it. */
  sawEnd(topic: string, endOffset: number, askedAtMs: number): void {
    for (const queue of this.queues) {
      if (queue.topic === topic && queue.offeredOffset >= endOffset)
        queue.endSeenAtMs = Math.max(queue.endSeenAtMs, askedAtMs);
    }
  }

  /** Topics whose end must be seen before anything can go on. */
  waitsFor(): readonly string[] {
    const waiting = this.queues.filter(({ head }) => head !== null);
    const heldUp = waiting.length > 0 && waiting.length < this.queues.length;
    const topics = this.queues.filter(({ head }) => head === null).map(({ topic }) => topic);
    return heldUp || waiting.length === 0 ? [...new Set(topics)] : [];
  }

  /** Processing time up to which the partition is known to hold nothing that is not joined. */
  endSeenAtMs(): number {
    return Math.min(
      ...this.queues.map((queue) => (queue.head === null ? queue.endSeenAtMs : -Infinity)),
    );
  }

  /** The next offset of a topic that was not offered; Infinity for a topic that is not read here. */
  offeredOffset(topic: string): number {
    return this.queues.reduce(
      (least, queue) => (queue.topic === topic ? Math.min(least, queue.offeredOffset) : least),
      Infinity,
    );
  }

  /** Where each topic goes on: its next record that is not joined. */
  nextOffsets(): Record<string, number> {
    const offsets: Record<string, number> = {};
    for (const { topic, nextOffset } of this.queues)
      offsets[topic] = Math.min(offsets[topic] ?? Infinity, nextOffset);
    return offsets;
  }

  /** Whether no record waits. */
  get isEmpty(): boolean {
    return this.queues.every(({ head }) => head === null);
  }

  /** Records that wait on one side. */
  waiting(side: Side): number {
    return this.queues.find((queue) => queue.side === side)?.rowCount ?? 0;
  }

  /** Takes the batches of which nothing is left since the last call. */
  takePassed(): readonly PassedBatch[] {
    return this.queues.flatMap((queue) => {
      const { passed } = queue;
      if (passed.length > 0) queue.passed = [];
      return passed;
    });
  }

  /** The next stretch in order; null when nothing can be joined yet. */
  next(bounds: MergeBounds): MergedStretch | null {
    this.predictions.length = 0;
    this.outcomes.length = 0;
    const rows = this.queues.map(({ row }) => row);
    let length = 0;
    while (length < bounds.lengthMax) {
      const at = this.earliest(rows, bounds);
      const queue = this.queues[at];
      if (queue === undefined) break;
      const row = rows[at] ?? 0;
      if (!this.isDue(queue, row, bounds.horizonMs)) {
        this.stoppedBy = 'horizon';
        break;
      }
      this.enter(queue, row);
      rows[at] = row + 1;
      length += 1;
      // The columns of a finished batch are needed until the stretch is joined.
      if (row + 1 === queue.columns?.length) break;
    }
    if (length === 0) return null;
    this.stoppedBy = 'end';
    const columns = this.columns();
    this.queues.forEach((queue, i) => {
      queue.moveTo(rows[i] ?? 0);
    });
    return { columns, input: { predictions: this.predictions, outcomes: this.outcomes }, length };
  }

  /** The queue with the earliest record that may be joined; -1: none may. */
  private earliest(rows: readonly number[], bounds: MergeBounds): number {
    let best = -1;
    let bestMs = Infinity;
    let isHeld = false;
    for (let i = 0; i < this.queues.length; i++) {
      const queue = this.queues[i];
      if (queue === undefined) continue;
      const arrivalMs = queue.arrivalMs(rows[i] ?? 0, limitOf(queue, bounds));
      if (arrivalMs === Infinity || (queue.isShared && this.isBehind(i, rows))) continue;
      if (queue.side === bounds.heldSide) isHeld = true;
      else if (arrivalMs < bestMs) {
        best = i;
        bestMs = arrivalMs;
      }
    }
    this.stoppedBy = isHeld ? 'held' : 'end';
    if (best < 0 || this.isKnownUpTo(best, rows, bounds)) return best;
    if (!isHeld) this.stoppedBy = 'other_topic';
    return -1;
  }

  /** Whether another side of the same topic has a record before this one's. */
  private isBehind(at: number, rows: readonly number[]): boolean {
    const offset = this.queues[at]?.offsetOf(rows[at] ?? 0) ?? Infinity;
    return this.queues.some((other, i) => {
      if (i === at || other.topic !== this.queues[at]?.topic) return false;
      const otherOffset = other.offsetOf(rows[i] ?? 0);
      return otherOffset < offset || (otherOffset === offset && i < at);
    });
  }

  /** Whether no side that shows no record can still have one that arrived before this one. */
  private isKnownUpTo(at: number, rows: readonly number[], bounds: MergeBounds): boolean {
    const chosen = this.queues[at];
    const receivedAtMs = chosen?.head?.receivedAtMs ?? Infinity;
    for (let i = 0; i < this.queues.length; i++) {
      const other = this.queues[i];
      if (other === undefined || other === chosen || other.topic === chosen?.topic) continue;
      if (other.side === bounds.heldSide) continue;
      if (other.columns !== null && (rows[i] ?? 0) < other.columns.length) continue;
      if (other.offeredOffset >= limitOf(other, bounds)) continue;
      if (!(other.endSeenAtMs > receivedAtMs)) return false;
    }
    return true;
  }

  /** Whether a record lies before the horizon; one of several rows goes with the first of them. */
  private isDue(queue: SideQueue, row: number, horizonMs: number): boolean {
    if (queue.side === 'outcomes' || horizonMs === Infinity) return true;
    if ((queue.columns?.eventTimeMs[row] ?? 0) < horizonMs) return true;
    const isBegun = queue.topic === this.lastTopic && queue.offsetOf(row) === this.lastOffset;
    return isBegun && horizonMs > -Infinity;
  }

  private enter(queue: SideQueue, row: number): void {
    const { columns } = queue;
    const eventTimeMs = columns?.eventTimeMs[row] ?? 0;
    const number = SIDE_NUMBER[queue.side];
    const list = number === 2 ? this.outcomes : this.predictions;
    const arrivalMs = columns?.arrivalTimeMs[row] ?? -Infinity;
    // Whether an outcome is late must not depend on whether a silence before it closed its window.
    const clockMs = number === 2 ? Math.max(this.clockMs, this.frontMs, arrivalMs) : this.clockMs;
    list.push((row << 2) | number, this.sequence, clockMs);
    this.sequence += 1;
    this.lastTopic = queue.topic;
    this.lastOffset = queue.offsetOf(row);
    if (arrivalMs > queue.front.arrivalMs) queue.front.arrivalMs = arrivalMs;
    if (arrivalMs > this.clockMs) this.clockMs = arrivalMs;
    if (number !== 2 && eventTimeMs > this.frontMs) this.frontMs = eventTimeMs;
  }

  private columns(): FrameColumns {
    const of = (side: Side) => this.queues.find((queue) => queue.side === side)?.columns ?? null;
    return {
      current: of('current') as PredictionColumns | null,
      canary: of('canary') as PredictionColumns | null,
      outcomes: of('outcomes') as OutcomeColumns | null,
    };
  }
}

function limitOf(queue: SideQueue, bounds: MergeBounds): number {
  return bounds.limits === null ? Infinity : (bounds.limits[queue.topic] ?? 0);
}
