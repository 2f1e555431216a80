import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { createBatchDecoder } from '../../src/adapters/avro/decode/batch-decoder.ts';
import type { DecodedTopic } from '../../src/adapters/avro/decode/topic-reader.ts';
import { memorySchemas } from '../../src/adapters/registry/memory-schemas.ts';
import type { FieldMap } from '../../src/core/events/field-map.ts';
import type { JoinTarget, RawBatch, RawRecord } from '../../src/pipeline/stream/ports.ts';
import { GrowingSchema } from '../../src/pipeline/stream/stream-schema.ts';
import { planOf } from '../support/plans.ts';
import { mulberry32 } from '../support/random.ts';

/** Records per second of decoding alone, on one core: `node test/bench/decode.ts`. */
const RECORDS = 200_000;
const PER_BATCH = 2_000;
const ROUNDS = 5;
const AT_MS = 1_000_000_000_000;
const random = mulberry32(1);

const doubles = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `f${String(i).padStart(2, '0')}`);

/** Other people's flat record: twelve features of its own, read through a field map. */
const FLAT = {
  type: 'record',
  name: 'Prediction',
  namespace: 'peer.avro',
  fields: [
    { name: 'request_id', type: 'string' },
    { name: 'model_version', type: 'string' },
    { name: 'event_time', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'score', type: 'double' },
    { name: 'latency_ms', type: 'double' },
    ...doubles(12).map((name) => ({ name, type: 'double' })),
  ],
} as const;
const FLAT_MAP: FieldMap = {
  fields: { model: { constant: 'fraud' }, version: { path: '$.model_version' } },
  features: { fields: doubles(12) },
  context: null,
  arms: null,
  rows: null,
};
const OURS = readFileSync(new URL('../../schemas/Prediction.avsc', import.meta.url), 'utf8');

function flatValue(i: number): object {
  const features = Object.fromEntries(doubles(12).map((name) => [name, random()]));
  const rest = { event_time: AT_MS + i, score: random(), latency_ms: 30 * random() };
  return { request_id: `request-${i}`, model_version: 'v6', ...rest, ...features };
}

function ourValue(i: number): object {
  const features = Object.fromEntries(doubles(10).map((name) => [name, random()]));
  const rest = { event_time: AT_MS + i, score: random(), latency_ms: 30 * random() };
  const model = { model: 'fraud', version: 'v6' };
  return { request_id: `request-${i}`, ...model, ...rest, features, context: { country: 'DE' } };
}

/** Records that lie one behind the other in one piece of memory, as a client hands them out. */
function batchesOf(encode: (i: number) => Buffer): readonly RawBatch[] {
  return Array.from({ length: RECORDS / PER_BATCH }, (_, batch) => {
    const values = Array.from({ length: PER_BATCH }, (_value, k) => encode(batch * PER_BATCH + k));
    const keys = values.map((_value, k) => Buffer.from(`request-${batch * PER_BATCH + k}`));
    const memory = Buffer.concat(values.flatMap((value, k) => [keys[k] ?? value, value]));
    let at = 0;
    const records = values.map((value, k): RawRecord => {
      const keyEnd = at + (keys[k]?.length ?? 0);
      const end = keyEnd + value.length;
      const key = memory.subarray(at, keyEnd);
      const place = { offset: batch * PER_BATCH + k, timestampMs: AT_MS, headers: {} };
      const record = { ...place, key, value: memory.subarray(keyEnd, end) };
      at = end;
      return record;
    });
    const end = (batch + 1) * PER_BATCH;
    const times = { askedAtMs: AT_MS, receivedAtMs: AT_MS };
    return { topic: 'p', partition: 0, records, nextOffset: end, endOffset: end, ...times };
  });
}

function wire(schema: string, valueOf: (i: number) => object): (i: number) => Buffer {
  const type = avro.Type.forSchema(JSON.parse(schema));
  return (i) => Buffer.concat([Buffer.of(0, 0, 0, 0, 1), type.toBuffer(valueOf(i))]);
}

interface Case {
  readonly name: string;
  readonly schema: string;
  readonly fieldMap: FieldMap | null;
  readonly batches: readonly RawBatch[];
  readonly columns: number;
}

const CASES: readonly Case[] = [
  {
    name: 'flat Avro, 12 features, field map',
    schema: JSON.stringify(FLAT),
    fieldMap: FLAT_MAP,
    batches: batchesOf(wire(JSON.stringify(FLAT), flatValue)),
    columns: 13,
  },
  {
    name: 'our Avro, map of 10 features',
    schema: OURS,
    fieldMap: null,
    batches: batchesOf(wire(OURS, ourValue)),
    columns: 11,
  },
  {
    name: 'the same as JSON',
    schema: OURS,
    fieldMap: null,
    batches: batchesOf((i) => Buffer.from(JSON.stringify(ourValue(i)))),
    columns: 11,
  },
];

async function measure({ name, schema, fieldMap, batches, columns }: Case): Promise<string> {
  const privacy = { drop: [], hash: [], keep: null, keepDeadLetterPayload: false };
  const topic: DecodedTopic = { topic: 'p', format: 'avro', fieldMap, privacy };
  const decoder = createBatchDecoder({
    topics: [topic],
    schemas: memorySchemas({ 1: schema }),
    schemaCountMax: 10,
    hashText: null,
  });
  const versions = { model: 'fraud', currentVersion: 'v6', canaryVersion: 'v7' };
  const plan = planOf([], versions);
  const topics = { current: 'p', canary: 'p', outcomes: null };
  const rollout = {
    rolloutId: 'r',
    plan: { ...plan, window: { ...plan.window, futureMaxMs: 1e9 } },
  };
  const target: JoinTarget = {
    ...rollout,
    partitionCount: 4,
    startAt: 'earliest',
    topics,
    schema: new GrowingSchema(),
  };
  const rates: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const begin = performance.now();
    let rows = 0;
    for (const batch of batches) {
      const { sides } = await decoder.decode(batch, [target]);
      for (const side of sides) {
        if (side.columns === null || !('numbers' in side.columns)) continue;
        rows += side.columns.length;
        if (side.columns.numbers.length < columns) throw new Error(`${name}: columns are missing`);
      }
    }
    if (rows !== RECORDS) throw new Error(`${name}: ${rows} rows of ${RECORDS} records`);
    rates.push(RECORDS / (performance.now() - begin));
  }
  const best = Math.max(...rates);
  return `${name.padEnd(36)} ${Math.round(best)} k records/s (${rates.map(Math.round).join(', ')})`;
}

const only = process.argv[2];
for (const one of CASES) {
  if (only !== undefined && !one.name.includes(only)) continue;
  process.stdout.write(`${await measure(one)}\n`);
}
