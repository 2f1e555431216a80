import { describe, expect, it } from 'vitest';
import { GrowingSchema } from '../../../../../src/pipeline/stream/stream-schema.ts';
import {
  AT_MS,
  decodeRecords,
  jsonRecord,
  predictionsOf,
  targetOf,
  topicOf,
  wireRecord,
} from './decoding.ts';

/** A prediction in the form of our schema, of nothing but a ranking. */
function ranked(requestId: string, items: readonly string[] | null): object {
  return {
    request_id: requestId,
    row_index: 0,
    model: 'fraud',
    version: 'v6',
    event_time: AT_MS,
    unit_id: null,
    session_start: null,
    served: true,
    score: null,
    label: null,
    class_probabilities: null,
    items,
    confidence: null,
    latency_ms: null,
    error: null,
    features: {},
    context: {},
    sampling_fraction: 1,
  };
}

async function itemsOf(values: readonly object[], depth: number, record = wireRecord) {
  const targets = [targetOf({ schema: new GrowingSchema(depth) })];
  const decoded = await decodeRecords(
    values.map((value) => record(value)),
    { targets },
  );
  return predictionsOf(decoded, 'current').rankedItems;
}

const LISTS = [
  ranked('a', ['x', 'y', 'z', 'u']),
  ranked('b', ['z', 'x']),
  ranked('c', null),
  ranked('d', ['', 'é', 'x']),
];

describe('the first items of rankings', () => {
  it('are the same numbers at any place, different ones otherwise, and 0 behind the last', async () => {
    const items = [...((await itemsOf(LISTS, 3)) ?? [])];
    const [x = 0, y = 0, z = 0] = items;
    expect(new Set([0, x, y, z]).size).toBe(4);
    expect(items.slice(3, 9)).toEqual([z, x, 0, 0, 0, 0]);
    expect(items[9]).not.toBe(0);
    expect(items.slice(11)).toEqual([x]);
  });

  it('are the same from Avro, from JSON, and where records are read whole', async () => {
    const byProgram = await itemsOf(LISTS, 3);
    expect(await itemsOf(LISTS, 3, (value) => jsonRecord(value))).toEqual(byProgram);
    const hashing = {
      drop: [],
      hash: ['feature.of_nobody'],
      keep: null,
      keepDeadLetterPayload: true,
    };
    const whole = await decodeRecords(
      LISTS.map((value) => wireRecord(value)),
      {
        targets: [targetOf({ schema: new GrowingSchema(3) })],
        topics: [topicOf({ privacy: hashing })],
        options: { hashText: (text) => text },
      },
    );
    expect(predictionsOf(whole, 'current').rankedItems).toEqual(byProgram);
  });

  it('are as many as each rollout compares, and none where none does', async () => {
    const schemas = [new GrowingSchema(1), new GrowingSchema(4), new GrowingSchema()];
    const targets = schemas.map((schema, i) => targetOf({ rolloutId: `r${i}`, schema }));
    const { sides } = await decodeRecords(
      LISTS.map((value) => wireRecord(value)),
      { targets },
    );
    const found = sides
      .filter(({ side }) => side === 'current')
      .map(({ columns }) =>
        columns !== null && 'rankedItems' in columns ? columns.rankedItems : undefined,
      );
    const deep = await itemsOf(LISTS, 4);
    expect(found[1]).toEqual(deep);
    expect(found[0]).toEqual(Uint32Array.from([0, 4, 8, 12], (at) => deep?.[at] ?? 0));
    expect(found[2]).toBeNull();
  });

  it('of a batch that outgrows its arrays, and of one that follows a broken record, are right', async () => {
    const many = Array.from({ length: 3_000 }, (_, i) => ranked(`r${i}`, [`i${i}`, 'last']));
    const items = await itemsOf(many, 2);
    const last = items?.[1] ?? 0;
    expect(last).not.toBe(0);
    expect(many.every((_, i) => items?.[2 * i + 1] === last)).toBe(true);
    expect(new Set(items).size).toBe(3_001);
    const broken = [{ ...ranked('a', ['x', 'y']), event_time: 0 }, ranked('b', null)];
    expect(await itemsOf(broken, 2)).toEqual(new Uint32Array(2));
  });
});
