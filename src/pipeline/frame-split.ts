import type { OutcomeColumns, PredictionColumns } from '../core/events/batch.ts';
import { STATUS_USABLE } from '../core/events/batch.ts';
import type { PartitionEntries } from '../core/join/partition-joiner.ts';
import type { LogFrame } from './ports.ts';

/** One partition's records of a stretch of the log. */
class EntryList implements PartitionEntries {
  entries = new Int32Array(1024);
  sequences = new Float64Array(1024);
  clocksMs = new Float64Array(1024);
  length = 0;

  push(entry: number, sequence: number, clockMs: number): void {
    const i = this.length++;
    if (i === this.entries.length) this.grow();
    this.entries[i] = entry;
    this.sequences[i] = sequence;
    this.clocksMs[i] = clockMs;
  }

  private grow(): void {
    const n = this.entries.length * 2;
    const grown = {
      entries: new Int32Array(n),
      sequences: new Float64Array(n),
      clocksMs: new Float64Array(n),
    };
    grown.entries.set(this.entries);
    grown.sequences.set(this.sequences);
    grown.clocksMs.set(this.clocksMs);
    Object.assign(this, grown);
  }
}

/** Predictions and outcomes of one partition, in log order. */
export interface PartitionInput {
  readonly predictions: PartitionEntries;
  readonly outcomes: PartitionEntries;
}

/**
 * Deals the records of the one ordered log to partitions by the hash of their key, and keeps the
 * log's clock: the latest arrival, or event time where the log holds no arrival.
 */
export class FrameSplitter {
  clockMs = -Infinity;
  private readonly predictions: EntryList[];
  private readonly outcomes: EntryList[];

  constructor(partitionCount: number) {
    this.predictions = Array.from({ length: partitionCount }, () => new EntryList());
    this.outcomes = Array.from({ length: partitionCount }, () => new EntryList());
  }

  /**
   * Deals records from position `from` on, up to the first prediction at or after `horizonMs`, and
   * at most up to position `end`. Returns the position reached.
   */
  split(
    frame: LogFrame,
    range: { readonly from: number; readonly end: number; readonly horizonMs: number },
  ): number {
    for (const list of [...this.predictions, ...this.outcomes]) list.length = 0;
    const count = this.predictions.length;
    for (let i = range.from; i < range.end; i++) {
      const entry = frame.order[i] ?? 0;
      const row = entry >> 2;
      const set = entry & 3;
      const columns = columnsOf(frame, set);
      if (columns === null) continue;
      const eventTimeMs = columns.eventTimeMs[row] ?? 0;
      const usable = columns.status[row] === STATUS_USABLE;
      if (set !== 2 && usable && eventTimeMs >= range.horizonMs) return i;
      const key = columns.key1[2 * row + 1] ?? 0;
      const lists = set === 2 ? this.outcomes : this.predictions;
      const partition = count === 1 ? 0 : key % count;
      lists[partition]?.push(entry, frame.firstSequence + i, this.clockMs);
      if (usable) this.hear(eventTimeMs, columns.arrivalTimeMs[row] ?? Number.NaN);
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

  private hear(eventTimeMs: number, arrivalTimeMs: number): void {
    const heardMs = arrivalTimeMs === arrivalTimeMs ? arrivalTimeMs : eventTimeMs;
    if (heardMs > this.clockMs) this.clockMs = heardMs;
  }
}

function columnsOf(frame: LogFrame, set: number): PredictionColumns | OutcomeColumns | null {
  if (set === 0) return frame.current;
  if (set === 1) return frame.canary;
  return frame.outcomes;
}
