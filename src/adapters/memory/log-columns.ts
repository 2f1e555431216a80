import type { Arm } from '../../core/events/arm.ts';
import { FLAG, type OutcomeColumns, type PredictionColumns } from '../../core/events/batch.ts';
import type { Field } from '../../core/events/field.ts';
import type { FieldValue, Outcome, Prediction } from '../../core/events/prediction.ts';
import { murmur3 } from '../../core/foundation/hash.ts';
import { fieldValue, type MemorySchema } from './log-schema.ts';

/** A record with the status it has in the log. */
export interface WithStatus<T> {
  readonly record: T;
  readonly status: number;
}

/** Predictions of one arm as columns. */
export function predictionColumns(
  arm: Arm,
  rows: readonly WithStatus<Prediction>[],
  schema: MemorySchema,
): PredictionColumns {
  const records = rows.map(({ record }) => record);
  const at = (row: number): Prediction | undefined => records[row];
  return {
    arm,
    length: rows.length,
    ...keyColumns(records),
    digest: words(records, 'digest', digestText),
    eventTimeMs: Float64Array.from(records, (record) => record.eventTimeMs),
    arrivalTimeMs: Float64Array.from(records, (record) => encode(record.arrivalTimeMs)),
    flags: Uint8Array.from(records, flagsOf),
    status: Uint8Array.from(rows, ({ status }) => status),
    latencyMs: Float64Array.from(records, (record) => encode(record.latencyMs)),
    samplingFraction: Float64Array.from(records, (record) => record.samplingFraction),
    numbers: schema.layout.numbers.map((field) =>
      Float64Array.from(records, (record) => encode(fieldValue(record, field))),
    ),
    codes: schema.layout.categories.map((field, k) => codeColumn(records, field, schema.codes[k])),
    rankedItems: rankedItemColumn(records, schema.rankedItemCount),
    requestId: (row) => at(row)?.requestId ?? '',
    rowIndex: (row) => at(row)?.rowIndex ?? 0,
    unitId: (row) => at(row)?.unitId ?? at(row)?.requestId ?? '',
    sessionStartMs: (row) => at(row)?.sessionStartMs ?? null,
  };
}

/** Outcomes as columns. */
export function outcomeColumns(
  rows: readonly WithStatus<Outcome>[],
  metrics: readonly string[],
): OutcomeColumns {
  const records = rows.map(({ record }) => record);
  return {
    length: rows.length,
    ...keyColumns(records),
    digest: words(records, 'digest', ({ eventTimeMs, metric, value }) =>
      JSON.stringify([eventTimeMs, metric, value]),
    ),
    eventTimeMs: Float64Array.from(records, (record) => record.eventTimeMs),
    arrivalTimeMs: Float64Array.from(records, (record) => encode(record.arrivalTimeMs)),
    status: Uint8Array.from(rows, ({ status }) => status),
    metric: Int32Array.from(records, (record) => metrics.indexOf(record.metric)),
    value: Float64Array.from(records, (record) => record.value),
  };
}

interface Keyed {
  readonly requestId: string;
  readonly rowIndex: number;
}

function keyColumns(records: readonly Keyed[]): Pick<PredictionColumns, 'key1' | 'key2'> {
  const text = ({ requestId, rowIndex }: Keyed): string => `${rowIndex}:${requestId}`;
  return { key1: words(records, 'key1', text), key2: words(records, 'key2', text) };
}

/** Two words of hash for each record; each use of the hash has its own prefix. */
function words<T>(records: readonly T[], use: string, text: (record: T) => string): Uint32Array {
  const result = new Uint32Array(2 * records.length);
  for (const [row, record] of records.entries()) {
    const content = text(record);
    result[2 * row] = murmur3(`${use}.low:${content}`);
    result[2 * row + 1] = murmur3(`${use}.high:${content}`);
  }
  return result;
}

/** Everything that a prediction says, in an order of its own: where it arrived is no part of it. */
function digestText(record: Prediction): string {
  const { features, context, classProbabilities, arrivalTimeMs: _arrival, ...rest } = record;
  const maps = [features, context, classProbabilities ?? {}].map(sortedEntries);
  return JSON.stringify([Object.entries(rest).toSorted(byKey), maps], (_key, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

function sortedEntries(map: Readonly<Record<string, FieldValue>>): readonly unknown[] {
  return Object.entries(map)
    .filter(([, value]) => value !== null)
    .toSorted(byKey);
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

function flagsOf(record: Prediction): number {
  const served = record.served === null ? 0 : record.served ? FLAG.served : FLAG.shadow;
  const hasAnswer =
    Number.isFinite(record.score) ||
    record.label !== null ||
    (record.items ?? []).length > 0 ||
    Object.keys(record.classProbabilities ?? {}).length > 0;
  return served | (record.error !== null || !hasAnswer ? FLAG.error : 0);
}

/** NaN is null, infinity is "not finite", which a value of another type is too. */
function encode(value: FieldValue): number {
  if (value === null) return Number.NaN;
  return typeof value === 'number' && Number.isFinite(value) ? value : Number.POSITIVE_INFINITY;
}

/** Words of a hash of each item, 0 behind the last. */
function rankedItemColumn(records: readonly Prediction[], itemCount: number): Uint32Array | null {
  if (itemCount === 0) return null;
  const column = new Uint32Array(itemCount * records.length);
  for (const [row, { items }] of records.entries()) {
    const first = (items ?? []).slice(0, itemCount);
    // 0 ends a ranking.
    column.set(
      first.map((item) => murmur3(`item:${item}`) || 1),
      itemCount * row,
    );
  }
  return column;
}

function codeColumn(
  records: readonly Prediction[],
  field: Field,
  codes: ReadonlyMap<string, number> | undefined,
): Int32Array {
  return Int32Array.from(records, (record) => {
    const value = fieldValue(record, field);
    return value === null ? 0 : (codes?.get(String(value)) ?? 0);
  });
}
