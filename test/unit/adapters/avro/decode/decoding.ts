import { readFileSync } from 'node:fs';
import avro from 'avsc';
import {
  type BatchDecoderOptions,
  createBatchDecoder,
} from '../../../../../src/adapters/avro/decode/batch-decoder.ts';
import type { DecodedTopic } from '../../../../../src/adapters/avro/decode/topic-reader.ts';
import { memorySchemas } from '../../../../../src/adapters/registry/memory-schemas.ts';
import type { BatchSchema, PredictionColumns } from '../../../../../src/core/events/batch.ts';
import type {
  DecodedBatch,
  JoinTarget,
  RawBatch,
  RawRecord,
  SideBatch,
} from '../../../../../src/pipeline/stream/ports.ts';
import { GrowingSchema } from '../../../../../src/pipeline/stream/stream-schema.ts';
import { planOf } from '../../../../support/plans.ts';
import { MODEL } from '../../../../support/predictions.ts';

export const TOPIC = 'predictions';
export const RECEIVED_AT_MS = 1_000_000_600_000;
/** When the records of tests were given and arrived. */
export const AT_MS = 1_000_000_000_000;

const KEEP_ALL = { drop: [], hash: [], keep: null, keepDeadLetterPayload: true } as const;

export function topicOf(given: Partial<DecodedTopic> = {}): DecodedTopic {
  return { topic: TOPIC, format: 'avro', fieldMap: null, privacy: KEEP_ALL, ...given };
}

/** Both arms on one topic, unless said otherwise. */
export function targetOf(given: Partial<JoinTarget> = {}): JoinTarget {
  return {
    rolloutId: 'fraud.1',
    plan: { ...planOf([]), ...MODEL },
    partitionCount: 3,
    topics: { current: TOPIC, canary: TOPIC, outcomes: null },
    schema: new GrowingSchema(),
    startAt: 'earliest',
    ...given,
  };
}

export function recordOf(value: Uint8Array | null, given: Partial<RawRecord> = {}): RawRecord {
  return { offset: 0, timestampMs: AT_MS, key: null, value, headers: {}, ...given };
}

/** Records that follow each other, keyed as they should be. */
export function batchOf(records: readonly RawRecord[]): RawBatch {
  return {
    topic: TOPIC,
    partition: 1,
    records: records.map((record, i) => ({ ...record, offset: 100 + i })),
    nextOffset: 100 + records.length,
    endOffset: 100 + records.length,
    askedAtMs: RECEIVED_AT_MS - 10,
    receivedAtMs: RECEIVED_AT_MS,
  };
}

/** A record of JSON text, keyed by its request id. */
export function jsonRecord(value: unknown, given: Partial<RawRecord> = {}): RawRecord {
  return recordOf(Buffer.from(JSON.stringify(value)), { key: keyOf(value), ...given });
}

function keyOf(value: unknown): Uint8Array | null {
  if (typeof value !== 'object' || value === null || !('request_id' in value)) return null;
  return Buffer.from(String(value.request_id));
}

/** Our own schema of predictions, as registries hold it. */
export const PREDICTION_SCHEMA = readFileSync(
  new URL('../../../../../schemas/Prediction.avsc', import.meta.url),
  'utf8',
);

/** A value in wire format. */
export function wireValue(schema: string, id: number, value: unknown): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(id, 1);
  return Buffer.concat([header, avro.Type.forSchema(JSON.parse(schema)).toBuffer(value)]);
}

/** A record in wire format, keyed by its request id. */
export function wireRecord(
  value: unknown,
  { schema = PREDICTION_SCHEMA, id = 1 }: { readonly schema?: string; readonly id?: number } = {},
): RawRecord {
  return recordOf(wireValue(schema, id, value), { key: keyOf(value) });
}

/** What decoding needs beside the records. */
export interface DecodingSetup {
  readonly schemas?: Readonly<Record<number, string>>;
  readonly topics?: readonly DecodedTopic[];
  readonly targets?: readonly JoinTarget[];
  readonly options?: Partial<BatchDecoderOptions>;
}

export function decodeRecords(
  records: readonly RawRecord[],
  setup: DecodingSetup = {},
): Promise<DecodedBatch> {
  const decoder = createBatchDecoder({
    topics: setup.topics ?? [topicOf()],
    schemas: memorySchemas(setup.schemas ?? { 1: PREDICTION_SCHEMA }),
    schemaCountMax: 100,
    hashText: null,
    ...setup.options,
  });
  return decoder.decode(batchOf(records), setup.targets ?? [targetOf()]);
}

/** The predictions of one side; a test that finds none fails. */
export function predictionsOf(decoded: DecodedBatch, side: SideBatch['side']): PredictionColumns {
  const columns = decoded.sides.find((one) => one.side === side)?.columns ?? null;
  if (columns === null || !('arm' in columns)) throw new Error(`the batch has no ${side} rows`);
  return columns;
}

/** One row as plain data: its values by field name. */
export function valuesOf(
  columns: PredictionColumns,
  row: number,
  schema: BatchSchema,
): Record<string, number | string | null> {
  const values: Record<string, number | string | null> = {};
  for (const [k, field] of schema.layout.numbers.entries()) {
    const value = columns.numbers[k]?.[row] ?? Number.NaN;
    if (!Number.isNaN(value)) values[field.name] = value;
  }
  for (const [k, field] of schema.layout.categories.entries()) {
    const code = columns.codes[k]?.[row] ?? 0;
    if (code !== 0) values[field.name] = schema.dictionaries[k]?.values[code - 1] ?? null;
  }
  return values;
}
