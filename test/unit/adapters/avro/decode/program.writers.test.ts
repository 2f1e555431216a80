import { describe, expect, it } from 'vitest';
import type { DecodedTopic } from '../../../../../src/adapters/avro/decode/topic-reader.ts';
import type { FieldMap, Privacy } from '../../../../../src/core/events/field-map.ts';
import { GrowingSchema } from '../../../../../src/pipeline/stream/stream-schema.ts';
import {
  AT_MS,
  decodeRecords,
  predictionsOf,
  recordOf,
  targetOf,
  topicOf,
  valuesOf,
  wireValue,
} from './decoding.ts';

const NO_MAP: FieldMap = { fields: {}, features: null, context: null, arms: null, rows: null };
const OPEN: Privacy = { drop: [], hash: [], keep: null, keepDeadLetterPayload: true };
/** Names a hash, so that every record is read whole; nobody has the field. */
const READ_WHOLE: Privacy = { ...OPEN, hash: ['feature.of_nobody'] };

type AvroField = readonly [name: string, type: unknown];

function schemaOf(fields: readonly AvroField[]): string {
  const list = fields.map(([name, type]) => ({ name, type }));
  return JSON.stringify({ type: 'record', name: 'Theirs', fields: list });
}

const BASE: readonly AvroField[] = [
  ['request_id', 'string'],
  ['model', 'string'],
  ['version', 'string'],
  ['event_time', 'long'],
];
const BASE_VALUE = { request_id: 'r-1', model: 'fraud', version: 'v6', event_time: AT_MS };

/** What one record of a writer becomes: by its program and read whole, which must be the same. */
async function rowOf(
  fields: readonly AvroField[],
  value: object,
  topic: Partial<DecodedTopic> = {},
): Promise<unknown> {
  const schema = schemaOf(fields);
  const record = recordOf(wireValue(schema, 9, value), { key: Buffer.from('r-1') });
  const rows = [topic.privacy ?? OPEN, READ_WHOLE].map(async (privacy) => {
    const columns = new GrowingSchema();
    const decoded = await decodeRecords([record], {
      schemas: { 9: schema },
      topics: [topicOf({ ...topic, privacy: { ...(topic.privacy ?? OPEN), hash: privacy.hash } })],
      targets: [targetOf({ schema: columns })],
      options: { hashText: (text) => `#${text}` },
    });
    if (decoded.dead.length > 0) return decoded.dead.map(({ reason, field }) => [reason, field]);
    const row = predictionsOf(decoded, 'current');
    const { eventTimeMs, latencyMs, samplingFraction, flags } = row;
    return {
      values: valuesOf(row, 0, columns),
      numbers: [eventTimeMs[0], latencyMs[0], samplingFraction[0], flags[0]],
      digest: [...row.digest],
      key: [...row.key1, ...row.key2],
      ids: [row.requestId(0), row.unitId(0), row.rowIndex(0), row.sessionStartMs(0)],
    };
  });
  const [compiled, whole] = await Promise.all(rows);
  expect(compiled).toEqual(whole);
  return compiled;
}

const NULLABLE = (type: unknown): unknown => ['null', type];

describe("other writers' schemas", () => {
  it('may hold features as a record, nullable fields and enums', async () => {
    const features = {
      type: 'record',
      name: 'Features',
      fields: [
        { name: 'amount', type: ['null', 'float'] },
        { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['card', 'cash'] } },
        { name: 'age', type: ['int', 'null'] },
        { name: 'premium', type: 'boolean' },
      ],
    };
    const fields = [...BASE, ['score', 'float'], ['features', NULLABLE(features)]] as const;
    const value = { amount: 1.5, kind: 'cash', age: null, premium: true };
    expect(await rowOf(fields, { ...BASE_VALUE, score: 0.5, features: value })).toMatchObject({
      values: {
        score: 0.5,
        'feature.amount': 1.5,
        'feature.kind': 'cash',
        'feature.premium': 'true',
      },
    });
    expect(await rowOf(fields, { ...BASE_VALUE, score: 0.5, features: null })).toMatchObject({
      values: { score: 0.5 },
    });
  });

  it('may write times in micros, and a score as a whole number', async () => {
    const micros = { type: 'long', logicalType: 'timestamp-micros' };
    const fields = [...BASE.slice(0, 3), ['event_time', micros], ['score', 'int']] as const;
    const value = { ...BASE_VALUE, event_time: AT_MS * 1000 + 999, score: 1 };
    expect(await rowOf(fields, value)).toMatchObject({ numbers: [AT_MS, Number.NaN, 1, 0] });
  });

  it('may write what the contract does not know, anywhere between its fields', async () => {
    const node = {
      type: 'record',
      name: 'Node',
      fields: [
        { name: 'next', type: ['null', 'Node'] },
        { name: 'tags', type: { type: 'array', items: 'string' } },
      ],
    };
    const fields = [
      ['tree', node],
      ['blob', 'bytes'],
      ['mark', { type: 'fixed', name: 'Mark', size: 3 }],
      ['parts', { type: 'map', values: 'long' }],
      ['ratio', 'float'],
      ['flag', NULLABLE('boolean')],
      ...BASE,
      ['label', 'string'],
      ['note', 'string'],
    ] as const;
    const value = {
      tree: { next: { next: null, tags: ['a'] }, tags: [] },
      blob: Buffer.of(1, 2),
      mark: Buffer.of(1, 2, 3),
      parts: { a: 1 },
      ratio: 1,
      flag: true,
      label: 'good',
      note: 'n',
    };
    expect(await rowOf(fields, { ...BASE_VALUE, ...value })).toMatchObject({
      values: { label: 'good' },
    });
  });

  it('are dead letters where a field has another type than the contract says', async () => {
    const wrong: readonly [AvroField, unknown, string][] = [
      [['score', 'string'], 'x', 'score'],
      [['label', 'int'], 3, 'label'],
      [['served', 'int'], 1, 'served'],
      [['latency_ms', 'boolean'], true, 'latency_ms'],
      [['features', 'double'], 1, 'features'],
      [
        ['features', { type: 'map', values: { type: 'array', items: 'int' } }],
        { a: [1] },
        'features',
      ],
      [['features', { type: 'map', values: 'bytes' }], { a: Buffer.of(1) }, 'features'],
      [
        ['class_probabilities', { type: 'map', values: ['null', 'double'] }],
        { a: null },
        'class_probabilities',
      ],
      [['items', { type: 'array', items: 'int' }], [1], 'items'],
      [['unit_id', { type: 'map', values: 'int' }], {}, 'unit_id'],
    ];
    for (const [field, value, name] of wrong)
      expect(await rowOf([...BASE, field], { ...BASE_VALUE, [field[0]]: value })).toEqual([
        ['wrong_type', name],
      ]);
  });

  it('keep a field map: nested names, constants, single fields as features', async () => {
    const inner = { type: 'record', name: 'Out', fields: [{ name: 'p', type: 'double' }] };
    const fields = [
      ['id', 'string'],
      ['at', 'long'],
      ['out', inner],
      ['a', 'int'],
      ['b', 'string'],
      ['ms', 'double'],
    ] as const;
    const fieldMap: FieldMap = {
      ...NO_MAP,
      fields: {
        request_id: { path: '$.id' },
        event_time: { path: '$.at' },
        score: { path: '$.out.p' },
        model: { constant: 'fraud' },
        version: { constant: 'v6' },
        served: { constant: false },
        sampling_fraction: { constant: 0.5 },
        latency_ms: { path: '$.ms' },
      },
      features: { fields: ['a', 'b', 'absent'] },
    };
    const value = { id: 'r-1', at: AT_MS, out: { p: 0.25 }, a: 3, b: 'x', ms: 7 };
    expect(await rowOf(fields, value, { fieldMap })).toMatchObject({
      values: { score: 0.25, 'feature.a': 3, 'feature.b': 'x' },
      numbers: [AT_MS, 7, 0.5, 2],
    });
  });

  it('keep a field map that only reading whole can follow', async () => {
    const fields = [
      ...BASE,
      ['out', { type: 'map', values: 'double' }],
      ['ids', { type: 'array', items: 'string' }],
    ] as const;
    const fieldMap: FieldMap = {
      ...NO_MAP,
      fields: {
        score: { path: '$.out.p' },
        unit_id: { path: '$.ids[1]' },
        label: { path: '@key' },
      },
    };
    const value = { ...BASE_VALUE, out: { p: 0.75 }, ids: ['a', 'b'] };
    expect(await rowOf(fields, value, { fieldMap })).toMatchObject({
      values: { score: 0.75, label: 'r-1' },
      ids: ['r-1', 'b', 0, null],
    });
  });

  it('lose what privacy drops before anything sees it', async () => {
    const map = { type: 'map', values: ['double', 'string'] };
    const fields = [...BASE, ['unit_id', 'string'], ['features', map], ['context', map]] as const;
    const value = {
      unit_id: 'user-1',
      features: { amount: 1, email: 'a@b' },
      context: { ip: '::1', region: 'eu' },
    };
    const record = { ...BASE_VALUE, ...value };
    const drop = { ...OPEN, drop: ['feature.email', 'unit_id'] };
    expect(await rowOf(fields, record, { privacy: drop })).toMatchObject({
      values: { 'feature.amount': 1, 'context.ip': '::1', 'context.region': 'eu' },
      ids: ['r-1', 'r-1', 0, null],
    });
    const keep = { ...OPEN, keep: ['context.region'] };
    expect(await rowOf(fields, record, { privacy: keep })).toMatchObject({
      values: { 'context.region': 'eu' },
      ids: ['r-1', 'user-1', 0, null],
    });
  });

  it('may change in the middle of a batch: the same content has the same digest', async () => {
    const old = schemaOf([
      ...BASE,
      ['score', 'double'],
      ['features', { type: 'map', values: 'double' }],
    ]);
    const features = {
      type: 'record',
      name: 'F',
      fields: [
        { name: 'b', type: 'int' },
        { name: 'a', type: 'double' },
      ],
    };
    const renewed = schemaOf([
      ['features', features],
      ['score', NULLABLE('float')],
      ...BASE.toReversed(),
    ]);
    const value = { ...BASE_VALUE, score: 0.5, features: { a: 1, b: 2 } };
    const key = Buffer.from('r-1');
    const decoded = await decodeRecords(
      [
        recordOf(wireValue(old, 9, value), { key }),
        recordOf(wireValue(renewed, 10, value), { key }),
      ],
      { schemas: { 9: old, 10: renewed } },
    );
    const { digest } = predictionsOf(decoded, 'current');
    expect(digest.slice(0, 2)).toEqual(digest.slice(2));
  });
});
