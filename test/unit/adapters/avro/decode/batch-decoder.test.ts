import { describe, expect, it } from 'vitest';
import { CoalmineError } from '../../../../../src/core/foundation/error.ts';
import type { KnownSchema } from '../../../../../src/pipeline/stream/ports.ts';
import { GrowingSchema } from '../../../../../src/pipeline/stream/stream-schema.ts';
import {
  AT_MS,
  decodeRecords,
  jsonRecord,
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

  it('rejects when the registry does not answer, and asks again later for what it did not know', async () => {
    const answers: (KnownSchema | CoalmineError)[] = [
      new CoalmineError('registry_unavailable', 'no answer'),
      { kind: 'unknown', detail: 'the registry has no schema 1' },
    ];
    let asked = 0;
    const schemas = {
      async schemaOf(): Promise<KnownSchema> {
        const answer = answers[asked++];
        if (answer instanceof CoalmineError) throw answer;
        return answer ?? { kind: 'unknown', detail: 'the registry has no schema 1' };
      },
    };
    const records = [wireRecord(FULL)];
    const failing = decodeRecords(records, { options: { schemas } });
    await expect(failing).rejects.toMatchObject({ code: 'registry_unavailable' });
    const { dead } = await decodeRecords(records, { options: { schemas } });
    expect(dead.map(({ reason, detail }) => [reason, detail])).toEqual([
      ['unknown_schema', 'the registry has no schema 1'],
    ]);
  });
});
