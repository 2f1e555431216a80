import type { OutcomeColumns, PredictionColumns } from '../core/events/batch.ts';
import { STATUS_USABLE } from '../core/events/batch.ts';
import type { PartitionEntries } from '../core/join/partition-joiner.ts';
import { EntryList } from './entry-list.ts';
import type { LogFrame } from './ports.ts';

/** Predictions and outcomes of one partition, in log order. */
export interface PartitionInput {
  readonly predictions: PartitionEntries;
  readonly outcomes: PartitionEntries;
}

/** Which records of a frame are dealt. */
export interface SplitRange {
  readonly from: number;
  readonly end: number;
  /** The oldest window that is not closed everywhere; Infinity when there is none. */
  readonly oldestWindow: number;
  /** The event time from which on records depend on the decision of a window. */
  readonly horizonMsOf: (window: number) => number;
}

/**
 * Deals the records of the one ordered log to partitions by the hash of their key, and keeps the
 * log's clock: the latest arrival, or event time where the log holds no arrival.
 */
export class FrameSplitter {
  clockMs = -Infinity;
  /** Highest event time of predictions: no watermark is above it, though the clock may be below. */
  frontMs = -Infinity;
  private readonly lengthMs: number;
  private readonly predictions: EntryList[];
  private readonly outcomes: EntryList[];

  constructor(partitionCount: number, lengthMs: number) {
    this.lengthMs = lengthMs;
    this.predictions = Array.from({ length: partitionCount }, () => new EntryList());
    this.outcomes = Array.from({ length: partitionCount }, () => new EntryList());
  }

  /**
   * Deals records from position `from` on, at most up to position `end`: up to the first prediction
   * that depends on the decision of a window that is open by then. Returns the position reached.
   */
  split(frame: LogFrame, range: SplitRange): number {
    for (const list of [...this.predictions, ...this.outcomes]) list.length = 0;
    const count = this.predictions.length;
    let { oldestWindow } = range;
    let oldestMs = oldestWindow * this.lengthMs;
    let horizonMs = oldestWindow === Infinity ? Infinity : range.horizonMsOf(oldestWindow);
    for (let i = range.from; i < range.end; i++) {
      const entry = frame.order[i] ?? 0;
      const row = entry >> 2;
      const set = entry & 3;
      const columns = columnsOf(frame, set);
      if (columns === null) continue;
      const eventTimeMs = columns.eventTimeMs[row] ?? 0;
      const usable = columns.status[row] === STATUS_USABLE;
      if (set !== 2 && usable && eventTimeMs >= horizonMs) return i;
      if (usable && eventTimeMs < oldestMs) {
        oldestWindow = Math.floor(eventTimeMs / this.lengthMs);
        oldestMs = oldestWindow * this.lengthMs;
        horizonMs = range.horizonMsOf(oldestWindow);
      }
      const key = columns.key1[2 * row + 1] ?? 0;
      const lists = set === 2 ? this.outcomes : this.predictions;
      const partition = count === 1 ? 0 : key % count;
      const clockMs = set === 2 ? Math.max(this.clockMs, this.frontMs) : this.clockMs;
      lists[partition]?.push(entry, frame.firstSequence + i, clockMs);
      if (usable) this.hear(set, eventTimeMs, columns.arrivalTimeMs[row] ?? Number.NaN);
    }
    return range.end;
  }

  /** What `split` dealt to a partition; valid until the next call. */
  input(partition: number): PartitionInput {
    const predictions = this.predictions[partition];
    const outcomes = this.outcomes[partition];
    if (predictions === undefined || outcomes === undefined)
      throw new RangeError(`no partition ${partition}`);
    return { predictions, outcomes };
  }

  private hear(set: number, eventTimeMs: number, arrivalTimeMs: number): void {
    const heardMs = arrivalTimeMs === arrivalTimeMs ? arrivalTimeMs : eventTimeMs;
    if (heardMs > this.clockMs) this.clockMs = heardMs;
    if (set !== 2 && eventTimeMs > this.frontMs) this.frontMs = eventTimeMs;
  }
}

function columnsOf(frame: LogFrame, set: number): PredictionColumns | OutcomeColumns | null {
  if (set === 0) return frame.current;
  if (set === 1) return frame.canary;
  return frame.outcomes;
}
