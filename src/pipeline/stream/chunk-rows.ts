import { utf8Length } from '../../core/events/parse-field.ts';
import type { SampledRecord } from './messages.ts';

/** Hashes, event time and the counts of a row's lists: what Avro needs at most. */
const ROW_BYTES = 36;
/** A whole number of 32 bits in Avro, at most. */
const INT_BYTES = 5;
const DOUBLE_BYTES = 8;

/**
 * Cuts sampled rows into lists whose rows and field names take at most `bytesMax` bytes when they are
 * encoded: what a message has besides (some hundred bytes) is for the caller to leave room for. Order
 * is kept, so the same rows give the same lists. A row that is larger by itself has a list of its own.
 */
export function chunkRows(
  rows: readonly SampledRecord[],
  bytesMax: number,
): readonly (readonly SampledRecord[])[] {
  const chunks: SampledRecord[][] = [];
  let names = new Set<string>();
  let used = Infinity;
  for (const row of rows) {
    const own = rowBytes(row);
    const more = own + nameBytes(row, names);
    if (used + more <= bytesMax) {
      chunks.at(-1)?.push(row);
      used += more;
    } else {
      chunks.push([row]);
      names = new Set();
      used = own + nameBytes(row, names);
    }
    for (const name of Object.keys(row.values)) names.add(name);
  }
  return chunks;
}

function rowBytes(row: SampledRecord): number {
  let bytes = ROW_BYTES;
  for (const value of Object.values(row.values)) {
    bytes += INT_BYTES + 1;
    if (typeof value === 'number') bytes += DOUBLE_BYTES;
    else if (value !== null) bytes += INT_BYTES + utf8Length(value);
  }
  return bytes;
}

/** Of the names that the chunk does not have yet: they stand in it once. */
function nameBytes(row: SampledRecord, names: ReadonlySet<string>): number {
  let bytes = 0;
  for (const name of Object.keys(row.values)) {
    if (!names.has(name)) bytes += INT_BYTES + utf8Length(name);
  }
  return bytes;
}
