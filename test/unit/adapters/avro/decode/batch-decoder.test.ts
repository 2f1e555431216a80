import { describe, expect, it } from 'vitest';
import { createBatchDecoder } from '../../../../../src/adapters/avro/decode/batch-decoder.ts';
import { memorySchemas } from '../../../../../src/adapters/registry/memory-schemas.ts';
import { CoalmineError } from '../../../../../src/core/foundation/error.ts';
import type { BatchDecoder, KnownSchema } from '../../../../../src/pipeline/stream/ports.ts';
import { GrowingSchema } from '../../../../../src/pipeline/stream/stream-schema.ts';
import {
  AT_MS,
  batchOf,
  decodeRecords,
  jsonRecord,
  PREDICTION_SCHEMA,
  predictionsOf,
  recordOf,
  targetOf,
  topicOf,
  valuesOf,
  wireRecord,
} from './decoding.ts';

function prediction(requestId: string, version: string, given: object = {}): object {
  return { request_id: requestId, model: 'fraud', version, event_time: AT_MS, ...given };
}

const FULL = {
  ...prediction('r-1', 'v6'),
  row_index: 0,
  unit_id: 'user-1',
  session_start: AT_MS - 5,
  served: true,
  score: 0.25,
  label: 'good',
  class_probabilities: { good: 0.75, bad: 0.25 },
  items: null,
  confidence: 0.5,
  latency_ms: 12.5,
  error: null,
  features: { amount: 12, country: 'DE', premium: true, absent: null },
  context: { region: 'eu' },
  sampling_fraction: 1,
};

describe('the batch decoder', () => {
  it('turns Avro and JSON of the same prediction into the same columns', async () => {
    const schema = new GrowingSchema();
    const decoded = await decodeRecords([wireRecord(FULL), jsonRecord(FULL)], {
      targets: [targetOf({ schema })],
    });
    expect(decoded.dead).toEqual([]);
    const columns = predictionsOf(decoded, 'current');
    expect(columns.length).toBe(2);
    const values = [0, 1].map((row) => valuesOf(columns, row, schema));
    expect(values[0]).toEqual({
      score: 0.25,
      label: 'good',
      confidence: 0.5,
      'class_probability.good': 0.75,
      'class_probability.bad': 0.25,
      'feature.amount': 12,
      'feature.country': 'DE',
      'feature.premium': 'true',
      'context.region': 'eu',
    });
    expect(values[1]).toEqual(values[0]);
    expect(columns.digest.slice(0, 2)).toEqual(columns.digest.slice(2));
    expect(columns.key1.slice(0, 2)).toEqual(columns.key1.slice(2));
    expect(columns.key2.slice(0, 2)).toEqual(columns.key2.slice(2));
    expect([columns.unitId(1), columns.requestId(1)]).toEqual(['user-1', 'r-1']);
    expect([columns.rowIndex(0), columns.sessionStartMs(0)]).toEqual([0, AT_MS - 5]);
    expect([...columns.flags]).toEqual([1, 1]);
    expect([...columns.arrivalTimeMs]).toEqual([AT_MS, AT_MS]);
  });

  it('deals both arms of a topic to their sides, with the offsets of their records', async () => {
    const decoded = await decodeRecords([
      jsonRecord(prediction('a', 'v7')),
      jsonRecord(prediction('a', 'v6')),
      jsonRecord(prediction('b', 'v7')),
    ]);
    const [current, canary] = decoded.sides;
    expect(current).toMatchObject({ side: 'current', ignoredCount: 0, deadCount: 0 });
    expect([...(current?.offsets ?? [])]).toEqual([101]);
    expect([...(canary?.offsets ?? [])]).toEqual([100, 102]);
    expect(current?.nextOffset).toBe(103);
  });

  it('counts every record of a rollout once: as a row, as dead or as ignored', async () => {
    const decoded = await decodeRecords([
      jsonRecord(prediction('a', 'v6')),
      jsonRecord(prediction('b', 'v5')),
      jsonRecord({ ...prediction('c', 'v6'), model: 'other' }),
      recordOf(null, { key: Buffer.from('d') }),
      jsonRecord(prediction('e', 'v7', { event_time: 12 })),
      jsonRecord({ ...prediction('f', 'v6', { event_time: 12 }), model: 'other' }),
      jsonRecord(prediction('g', 'v7', { event_time: AT_MS + 60_001 })),
    ]);
    expect(decoded.sides.map(({ columns }) => columns?.length ?? 0)).toEqual([1, 0]);
    expect(decoded.sides.map(({ ignoredCount }) => ignoredCount)).toEqual([3, 0]);
    expect(decoded.sides.map(({ deadCount }) => deadCount)).toEqual([1, 2]);
    expect(decoded.dead.map(({ offset, reason }) => [offset, reason])).toEqual([
      [103, 'tombstone'],
      [104, 'bad_event_time'],
      [106, 'future'],
    ]);
  });

  it('names what is wrong with bytes that are no prediction', async () => {
    const good = wireRecord(FULL);
    const value = good.value ?? new Uint8Array(0);
    const unknownId = Buffer.from(value);
    unknownId.writeUInt32BE(77, 1);
    const decoded = await decodeRecords([
      { ...good, value: value.subarray(0, value.length - 1) },
      { ...good, value: Buffer.concat([value, Buffer.of(0)]) },
      { ...good, value: unknownId },
      { ...good, value: Buffer.of(0, 1) },
      { ...good, value: Buffer.from('{"request_id":') },
      { ...good, key: Buffer.from('another') },
      { ...good, key: null },
      { ...good, value: Buffer.alloc(1_000_001, 32) },
    ]);
    expect(decoded.dead.map(({ reason }) => reason)).toEqual([
      'undecodable',
      'undecodable',
      'unknown_schema',
      'undecodable',
      'not_json',
      'wrong_key',
      'wrong_key',
      'too_large',
    ]);
    expect(decoded.sides.every(({ columns }) => columns === null)).toBe(true);
  });

  it('takes a key as text, as JSON text or as an Avro string, and needs none with one partition', async () => {
    const value = prediction('r-1', 'v6');
    const keys = ['r-1', '"r-1"', '\u0000\u0000\u0000\u0000\u0007\u0006r-1'];
    const records = keys.map((key) => jsonRecord(value, { key: Buffer.from(key) }));
    expect((await decodeRecords(records)).dead).toEqual([]);
    const targets = [targetOf({ partitionCount: 1 })];
    expect((await decodeRecords([jsonRecord(value, { key: null })], { targets })).dead).toEqual([]);
  });

  it('keeps the bytes of dead letters only where the topic says so', async () => {
    const privacy = { drop: [], hash: [], keep: null, keepDeadLetterPayload: false };
    const { dead } = await decodeRecords([recordOf(Buffer.from('no'))], {
      topics: [topicOf({ privacy })],
    });
    expect(dead.map(({ value, topic, partition }) => [value, topic, partition])).toEqual([
      [null, 'predictions', 1],
    ]);
  });

  it('rejects when the registry does not answer, and reads the same records when it does', async () => {
    const { decoder, answers } = decoderOver([
      new CoalmineError('registry_unavailable', 'no answer'),
      { kind: 'avro', text: PREDICTION_SCHEMA },
    ]);
    const batch = batchOf([wireRecord(FULL)]);
    const failing = decoder.decode(batch, [targetOf()]);
    await expect(failing).rejects.toMatchObject({ code: 'registry_unavailable' });
    const decoded = await decoder.decode(batch, [targetOf()]);
    expect(predictionsOf(decoded, 'current').length).toBe(1);
    expect(answers).toEqual([]);
  });

  it('asks once for a schema that is not known, and again a minute later', async () => {
    const { decoder, answers } = decoderOver([
      { kind: 'unknown', detail: 'the registry has no schema 1' },
      { kind: 'avro', text: PREDICTION_SCHEMA },
    ]);
    const batch = batchOf([wireRecord(FULL), wireRecord(FULL)]);
    for (let i = 0; i < 2; i += 1) {
      const { dead } = await decoder.decode(batch, [targetOf()]);
      expect(dead.map(({ detail }) => detail)).toEqual([
        'the registry has no schema 1',
        'the registry has no schema 1',
      ]);
    }
    expect(answers).toHaveLength(1);
    const later = { ...batch, receivedAtMs: batch.receivedAtMs + 60_000 };
    expect((await decoder.decode(later, [targetOf()])).dead).toEqual([]);
  });

  it('forgets the schema that it has had longest when there are too many', async () => {
    const answer: KnownSchema = { kind: 'avro', text: PREDICTION_SCHEMA };
    const { decoder, answers } = decoderOver([answer, answer, answer, answer], 2);
    for (const id of [1, 2, 2, 3, 3, 1])
      await decoder.decode(batchOf([wireRecord(FULL, { id })]), [targetOf()]);
    expect(answers).toEqual([]);
  });

  it('says that a schema is not Avro when it cannot be read', async () => {
    const { decoder } = decoderOver([{ kind: 'avro', text: '{"type":"nonsense"}' }]);
    const { dead } = await decoder.decode(batchOf([wireRecord(FULL)]), [targetOf()]);
    expect(dead).toMatchObject([
      { reason: 'unknown_schema', detail: expect.stringContaining('schema 1 is not Avro') },
    ]);
  });

  it('holds hashes in place of what privacy hashes', async () => {
    const schema = new GrowingSchema();
    const privacy = { ...OPEN, hash: ['feature.amount', 'context.region', 'unit_id'] };
    const decoded = await decodeRecords([wireRecord(FULL)], {
      topics: [topicOf({ privacy })],
      targets: [targetOf({ schema })],
      options: { hashText: (text) => `#${text}` },
    });
    const columns = predictionsOf(decoded, 'current');
    expect(valuesOf(columns, 0, schema)).toMatchObject({
      'feature.amount': '#12',
      'feature.country': 'DE',
      'context.region': '#eu',
    });
    expect(columns.unitId(0)).toBe('#user-1');
  });

  it('is not made for a field map or privacy rules that cannot be meant', () => {
    const fieldMap = { fields: { score: { path: 'p' } }, features: null, context: null };
    const topic = topicOf({
      fieldMap: { ...fieldMap, arms: null, rows: null },
      privacy: { ...OPEN, hash: ['unit_id'] },
    });
    const make = (): unknown =>
      createBatchDecoder({
        topics: [topic],
        schemas: memorySchemas({}),
        schemaCountMax: 1,
        hashText: null,
      });
    expect(make).toThrow(
      expect.objectContaining({
        code: 'config_invalid',
        hints: [expect.stringContaining('fields.score:'), expect.stringContaining('privacy.hash:')],
      }),
    );
  });
});

const OPEN = { drop: [], hash: [], keep: null, keepDeadLetterPayload: true } as const;

/** A decoder whose registry gives these answers, one after the other. */
function decoderOver(
  given: readonly (KnownSchema | CoalmineError)[],
  schemaCountMax = 10,
): { readonly decoder: BatchDecoder; readonly answers: (KnownSchema | CoalmineError)[] } {
  const answers = [...given];
  const schemas = {
    async schemaOf(): Promise<KnownSchema> {
      const answer = answers.shift();
      if (answer instanceof CoalmineError) throw answer;
      return answer ?? { kind: 'unknown', detail: 'there are no more answers' };
    },
  };
  const rest = { schemas, schemaCountMax, hashText: null };
  return { decoder: createBatchDecoder({ topics: [topicOf()], ...rest }), answers };
}
