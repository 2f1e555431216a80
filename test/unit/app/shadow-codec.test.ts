import { describe, expect, it } from 'vitest';
import { predictionEncoder, predictionReader } from '../../../src/app/shadow-codec.ts';
import type { FieldMap } from '../../../src/core/events/field-map.ts';
import type { RawRecord } from '../../../src/pipeline/stream/ports.ts';
import { memoryRegistry } from '../../support/memory-registry.ts';
import { canary } from '../../support/predictions.ts';

const LIMITS = {
  messageBytesMax: 1000,
  schemaCountMax: 10,
  requestIdLengthMax: 20,
  currentVersion: 'v6',
};

function record(value: Uint8Array | null, given: Partial<RawRecord> = {}): RawRecord {
  return { offset: 0, timestampMs: 5, key: null, value, headers: {}, ...given };
}

async function read(
  records: readonly RawRecord[],
  given: { readonly format?: 'avro' | 'json'; readonly fieldMap?: FieldMap } = {},
  registry = memoryRegistry(),
) {
  const { format = 'json', fieldMap = null } = given;
  const reader = predictionReader({ topic: 'a', format, fieldMap }, registry, LIMITS);
  const at = { topic: 'a', partition: 0, nextOffset: 1, endOffset: 1 };
  const batch = { ...at, records, askedAtMs: 0, receivedAtMs: 0 };
  return (await reader.read(batch)).map(({ parsed }) => parsed);
}

function json(value: unknown): RawRecord {
  return record(new TextEncoder().encode(JSON.stringify(value)));
}

const ANSWER = canary('r-1', 986_947_200_000, {
  served: false,
  label: 'yes',
  unitId: 'u',
  latencyMs: 3.5,
  features: { amount: 1.5, country: 'de', isNew: true, gone: null },
  context: { shop: 'x' },
});

describe('predictions as they are logged and read', () => {
  it.each(['avro', 'json'] as const)('are the same after both, in %s', async (format) => {
    const registry = memoryRegistry();
    const encode = predictionEncoder({ topic: 'a', format }, () => false, registry);
    const value = await encode(ANSWER);
    const [parsed] = await read([record(value)], { format }, registry);
    expect(parsed).toEqual({ ok: true, value: [ANSWER] });
  });

  it('do not hold what is dropped', async () => {
    const dropped = new Set(['unit_id', 'feature.country', 'context.shop']);
    const encode = predictionEncoder(
      { topic: 'a', format: 'json' },
      (name) => dropped.has(name),
      memoryRegistry(),
    );
    const [parsed] = await read([record(await encode(ANSWER))]);
    expect(parsed).toMatchObject({
      value: [{ unitId: null, features: { amount: 1.5, isNew: true, gone: null }, context: {} }],
    });
  });

  it('are found by a field map, row by row', async () => {
    const fieldMap = {
      fields: {
        request_id: { path: '$$.id' },
        score: { path: '$.p' },
        model: { constant: 'fraud' },
      },
      features: { path: '$.x' },
      context: null,
      arms: null,
      rows: '$.rows[*]',
    };
    const rows = [
      { p: 0.1, x: { a: 1 } },
      { p: 0.2, x: { a: 2 } },
    ];
    const logged = json({ id: 'r-1', version: 'v6', event_time: 986_947_200_000, rows });
    const [parsed] = await read([logged], { fieldMap });
    expect(parsed).toMatchObject({
      ok: true,
      value: [
        { requestId: 'r-1', rowIndex: 0, score: 0.1, features: { a: 1 } },
        { requestId: 'r-1', rowIndex: 1, score: 0.2, features: { a: 2 } },
      ],
    });
  });

  it('of both arms in one record are told apart without versions', async () => {
    const fieldMap = {
      fields: {},
      features: null,
      context: null,
      arms: { current: { score: { path: '$.old' } }, canary: { score: { path: '$.new' } } },
      rows: null,
    };
    const logged = json({
      request_id: 'r',
      model: 'm',
      event_time: 986_947_200_000,
      old: 0.1,
      new: 0.2,
    });
    const [parsed] = await read([logged], { fieldMap });
    const values = parsed?.ok === true ? parsed.value : [];
    expect(values.map(({ version, score }) => [version === 'v6', score])).toEqual([
      [true, 0.1],
      [false, 0.2],
    ]);
  });

  it('say why they are none', async () => {
    const parsed = await read([
      record(null),
      record(new TextEncoder().encode('{')),
      json({ request_id: '' }),
      record(new Uint8Array(2000)),
    ]);
    expect(parsed.map((one) => (one.ok ? 'ok' : one.reason))).toEqual([
      'tombstone',
      'not_json',
      'missing_field',
      'too_large',
    ]);
  });

  it('refuse a field map that cannot be meant', async () => {
    const fieldMap = {
      fields: { scores: { path: '$.p' } },
      features: null,
      context: null,
      arms: null,
      rows: null,
    };
    await expect(read([], { fieldMap })).rejects.toMatchObject({ code: 'config_invalid' });
  });
});
