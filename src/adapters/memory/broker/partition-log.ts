import type { RawRecord } from '../../../pipeline/stream/ports.ts';

/** One partition: records in offset order, perhaps with gaps, and where the next would lie. */
export interface PartitionLog {
  readonly records: RawRecord[];
  endOffset: number;
}

/** What is read at one go. */
export interface Stretch {
  readonly records: readonly RawRecord[];
  readonly nextOffset: number;
}

/** The records from an offset on, at most so many; `nextOffset` lies behind gaps. */
export function stretchFrom(log: PartitionLog, offset: number, countMax: number): Stretch {
  const first = indexOf(log.records, offset);
  const records = log.records.slice(first, first + countMax);
  return { records, nextOffset: log.records[first + records.length]?.offset ?? log.endOffset };
}

/** Index of the first record at or behind an offset. */
function indexOf(records: readonly RawRecord[], offset: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle]?.offset ?? offset) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
