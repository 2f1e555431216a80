import type { BatchSchema } from '../../core/events/batch.ts';
import type { ClosedPartial } from '../../core/windows/partition-folder.ts';
import type { SampledRow } from '../../core/windows/row-sample.ts';
import { chunkRows } from './chunk-rows.ts';
import type { SampledRecord, SampleMessage } from './messages.ts';

/** A sampled row by field name: column numbers mean something in one process only. */
function recordOf(row: SampledRow, schema: BatchSchema): SampledRecord {
  const values: Record<string, number | string | null> = {};
  schema.layout.numbers.forEach((field, column) => {
    const value = row.numbers[column] ?? Number.NaN;
    if (!Number.isNaN(value)) values[field.name] = value;
  });
  schema.layout.categories.forEach((field, column) => {
    const code = row.codes[column] ?? 0;
    const text = schema.dictionaries[column]?.values[code - 1];
    // A number has its text too where a field is both.
    if (text !== undefined && text !== String(values[field.name])) values[field.name] = text;
  });
  const { hashHigh, hashLow, eventTimeMs } = row;
  return { hashHigh, hashLow, eventTimeMs, values };
}

/**
 * The kept rows of a window, cut so that no message is larger than `bytesMax`; none when the window
 * has no sample. The same sample gives the same messages.
 */
export function sampleMessages(
  closed: ClosedPartial,
  head: Pick<SampleMessage, 'rolloutId' | 'partition' | 'windowStartMs'> & {
    readonly schema: BatchSchema;
    readonly bytesMax: number;
  },
): readonly SampleMessage[] {
  const { rolloutId, partition, windowStartMs, schema, bytesMax } = head;
  const rows = (closed.sample?.kept() ?? []).map((row) => recordOf(row, schema));
  return chunkRows(rows, bytesMax).map((chunked, chunk) => ({
    kind: 'sample',
    rolloutId,
    partition,
    windowStartMs,
    chunk,
    rows: chunked,
  }));
}
