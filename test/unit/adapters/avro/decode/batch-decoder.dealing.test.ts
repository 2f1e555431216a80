import { describe, expect, it } from 'vitest';
import { createBatchDecoder } from '../../../../../src/adapters/avro/decode/batch-decoder.ts';
import { memorySchemas } from '../../../../../src/adapters/registry/memory-schemas.ts';
import type { OutcomeColumns } from '../../../../../src/core/events/batch.ts';
import type { FieldMap } from '../../../../../src/core/events/field-map.ts';
import type { DecodedBatch, JoinTarget } from '../../../../../src/pipeline/stream/ports.ts';
import { GrowingSchema } from '../../../../../src/pipeline/stream/stream-schema.ts';
import { outcome, planOf } from '../../../../support/plans.ts';
import { MODEL } from '../../../../support/predictions.ts';
import {
  AT_MS,
  batchOf,
  decodeRecords,
  jsonRecord,
  predictionsOf,
  TOPIC,
  targetOf,
  topicOf,
  valuesOf,
} from './decoding.ts';

const NO_MAP: FieldMap = { fields: {}, features: null, context: null, arms: null, rows: null };

function prediction(requestId: string, given: object = {}): object {
  return {
    request_id: requestId,
    model: 'fraud',
    version: 'v6',
    event_time: AT_MS,
    score: 0.5,
    ...given,
  };
}

/** Rows, dead and ignored of every side: what the account of a rollout is made of. */
function accountOf(decoded: DecodedBatch): unknown {
  return decoded.sides.map(({ rolloutId, side, columns, deadCount, ignoredCount }) => [
    rolloutId,
    side,
    columns?.length ?? 0,
    deadCount,
    ignoredCount,
  ]);
}

function rolloutOf(rolloutId: string, model: string, given: Partial<JoinTarget> = {}): JoinTarget {
  const plan = { ...planOf([]), ...MODEL, model };
  return targetOf({ rolloutId, plan, schema: new GrowingSchema(), ...given });
}

describe('dealing predictions to rollouts', () => {
  it('gives every rollout its own model, its own columns and its own account', async () => {
    const [fraud, churn] = [rolloutOf('fraud.1', 'fraud'), rolloutOf('churn.1', 'churn')];
    const decoded = await decodeRecords(
      [
        jsonRecord(prediction('a', { features: { amount: 1 } })),
        jsonRecord(prediction('b', { model: 'churn', version: 'v7', features: { age: 2 } })),
        jsonRecord(prediction('c', { model: 'churn', event_time: 5 })),
        jsonRecord('no object'),
      ],
      { targets: [fraud, churn] },
    );
    expect(accountOf(decoded)).toEqual([
      ['fraud.1', 'current', 1, 1, 2],
      ['fraud.1', 'canary', 0, 0, 0],
      ['churn.1', 'current', 0, 2, 1],
      ['churn.1', 'canary', 1, 0, 0],
    ]);
    expect(decoded.dead.map(({ offset, reason }) => [offset, reason])).toEqual([
      [102, 'bad_event_time'],
      [103, 'not_an_object'],
    ]);
    expect(fraud.schema.layout.numbers.map(({ name }) => name)).toEqual([
      'score',
      'feature.amount',
    ]);
    expect(churn.schema.layout.numbers.map(({ name }) => name)).toEqual(['score', 'feature.age']);
  });

  it('lets each plan have its own limits on the same records', async () => {
    const strict = planOf([]);
    const plan = {
      ...strict,
      ...MODEL,
      window: { ...strict.window, futureMaxMs: 10 },
      limits: { ...strict.limits, requestIdLengthMax: 3, recordSizeMaxBytes: 200 },
    };
    const targets = [
      targetOf(),
      targetOf({ rolloutId: 'strict', plan, schema: new GrowingSchema() }),
    ];
    const records = [
      jsonRecord(prediction('a', { event_time: AT_MS + 11 })),
      jsonRecord(prediction('long-id')),
      jsonRecord(prediction('b', { note: 'x'.repeat(200) })),
      jsonRecord(prediction('c')),
    ];
    const decoded = await decodeRecords(records, { targets });
    expect(accountOf(decoded)).toEqual([
      ['fraud.1', 'current', 4, 0, 0],
      ['fraud.1', 'canary', 0, 0, 0],
      ['strict', 'current', 1, 3, 0],
      ['strict', 'canary', 0, 0, 0],
    ]);
    expect(decoded.dead.map(({ reason }) => reason)).toEqual([
      'future',
      'long_request_id',
      'too_large',
    ]);
  });

  it('believes the earlier of the two clocks about what is ahead', async () => {
    const timestampMs = AT_MS + 10_000_000;
    const late = jsonRecord(prediction('a', { event_time: AT_MS + 700_000 }), { timestampMs });
    const { dead } = await decodeRecords([late]);
    expect(dead.map(({ reason }) => reason)).toEqual(['future']);
  });

  it('reads both arms of one record, and several rows of one record', async () => {
    const arms: FieldMap = {
      ...NO_MAP,
      fields: { model: { constant: 'fraud' } },
      arms: {
        current: { score: { path: '$.ours.p' } },
        canary: { score: { path: '$.theirs.p' }, version: { constant: 'v7' } },
      },
    };
    const record = { request_id: 'r', event_time: AT_MS, ours: { p: 0.1 }, theirs: { p: 0.2 } };
    const both = await decodeRecords([jsonRecord(record)], {
      topics: [topicOf({ fieldMap: arms })],
    });
    expect(accountOf(both)).toEqual([
      ['fraud.1', 'current', 1, 0, 0],
      ['fraud.1', 'canary', 1, 0, 0],
    ]);
    expect(predictionsOf(both, 'canary').key1).toEqual(predictionsOf(both, 'current').key1);

    const rows: FieldMap = { ...NO_MAP, rows: '$.answers[*]' };
    const answers = [{ score: 0.1 }, { score: 'x' }, { score: 0.3 }];
    const many = jsonRecord({
      request_id: 'r',
      model: 'fraud',
      version: 'v6',
      event_time: AT_MS,
      answers,
    });
    const none = jsonRecord({ request_id: 's', answers: [] });
    const decoded = await decodeRecords([many, none], { topics: [topicOf({ fieldMap: rows })] });
    expect(accountOf(decoded)).toEqual([
      ['fraud.1', 'current', 2, 1, 1],
      ['fraud.1', 'canary', 0, 0, 0],
    ]);
    const columns = predictionsOf(decoded, 'current');
    expect([columns.rowIndex(0), columns.rowIndex(1)]).toEqual([0, 2]);
    expect([...(decoded.sides[0]?.offsets ?? [])]).toEqual([100, 100]);
    expect(columns.key1.slice(0, 2)).not.toEqual(columns.key1.slice(2));
  });

  it('fills the columns of a profile only, once there is one', async () => {
    const schema = new GrowingSchema();
    const target = targetOf({ schema });
    const decoder = createBatchDecoder({
      topics: [topicOf()],
      schemas: memorySchemas({}),
      schemaCountMax: 1,
      hashText: null,
    });
    const first = [jsonRecord(prediction('a', { features: { amount: 1, age: 2 } }))];
    await decoder.decode(batchOf(first), [target]);
    schema.adopt({
      model: 'fraud',
      currentVersion: 'v6',
      sampleCount: 1,
      fromMs: 0,
      toMs: 1,
      notWatched: [],
      fields: [
        {
          field: { name: 'feature.age', role: 'feature', kind: 'number' },
          edges: [1],
          scaleBits: 1,
          referenceCounts: [],
        },
        {
          field: { name: 'context.region', role: 'context', kind: 'category' },
          categories: ['eu'],
          overflow: false,
          referenceCounts: [],
        },
      ],
    });
    const given = { features: { amount: 1, age: 2, other: 3 }, label: 'good' };
    const second = [jsonRecord(prediction('b', { ...given, context: { region: 'us' } }))];
    const decoded = await decoder.decode(batchOf(second), [target]);
    expect(valuesOf(predictionsOf(decoded, 'current'), 0, schema)).toEqual({
      score: 0.5,
      label: 'good',
      'feature.age': 2,
      'context.region': 'us',
    });
    expect(schema.dictionaries[1]?.values).toEqual(['eu', 'us']);
  });

  it('remembers nothing of one batch in the next', async () => {
    const schema = new GrowingSchema();
    const target = targetOf({ schema });
    const decoder = createBatchDecoder({
      topics: [topicOf()],
      schemas: memorySchemas({}),
      schemaCountMax: 1,
      hashText: null,
    });
    const full = prediction('a', { features: { x: 1 }, label: 'l', confidence: 0.5, unit_id: 'u' });
    await decoder.decode(batchOf([jsonRecord(full), jsonRecord(full)]), [target]);
    const bare = prediction('b', { score: undefined });
    const decoded = await decoder.decode(batchOf([jsonRecord(bare)]), [target]);
    const columns = predictionsOf(decoded, 'current');
    expect(valuesOf(columns, 0, schema)).toEqual({});
    expect([columns.unitId(0), columns.flags[0]]).toEqual(['b', 4]);
  });

  it('takes more names than it watches, and more texts than it remembers', async () => {
    const schema = new GrowingSchema();
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`f${i}`, i]));
    const decoded = await decodeRecords([jsonRecord(prediction('a', { features: many }))], {
      targets: [targetOf({ schema })],
    });
    expect(decoded.dead).toEqual([]);
    expect(schema.layout.numbers.length).toBeLessThanOrEqual(1_000);
    expect(valuesOf(predictionsOf(decoded, 'current'), 0, schema)['feature.f7']).toBe(7);
  });
});

describe('dealing outcomes to rollouts', () => {
  const plan = {
    ...planOf([outcome({ outcome: 'late' }), outcome({ outcome: 'paid' })]),
    ...MODEL,
  };
  const targets = [
    targetOf({ plan, topics: { current: null, canary: null, outcomes: TOPIC } }),
    rolloutOf('churn.1', 'churn', { topics: { current: null, canary: null, outcomes: TOPIC } }),
  ];
  const one = { request_id: 'r-1', model: 'fraud', event_time: AT_MS, metric: 'paid', value: 2 };

  it('gives rows of the model, with the place of their metric in the plan', async () => {
    const decoded = await decodeRecords(
      [
        jsonRecord(one),
        jsonRecord({ ...one, metric: 'unheard', value: 0.5 }),
        jsonRecord({ ...one, model: 'other' }),
        jsonRecord({ ...one, value: null }),
        jsonRecord({ ...one, event_time: AT_MS + 60_001 }),
        jsonRecord({ ...one, model: 'churn', metric: 3 }),
        jsonRecord(one, { key: Buffer.from('r-2') }),
      ],
      { targets },
    );
    expect(accountOf(decoded)).toEqual([
      ['fraud.1', 'outcomes', 2, 3, 2],
      ['churn.1', 'outcomes', 0, 1, 6],
    ]);
    expect(decoded.dead.map(({ reason }) => reason)).toEqual([
      'missing_field',
      'future',
      'wrong_type',
      'wrong_key',
    ]);
    const columns = outcomesOf(decoded);
    expect([...columns.metric]).toEqual([1, -1]);
    expect([...columns.value]).toEqual([2, 0.5]);
    expect([...columns.eventTimeMs]).toEqual([AT_MS, AT_MS]);
    expect(columns.digest.slice(0, 2)).not.toEqual(columns.digest.slice(2));
  });

  it('gives the key of the prediction of the same request and row', async () => {
    const outcomes = await decodeRecords([jsonRecord({ ...one, row_index: 2 })], { targets });
    const predictions = await decodeRecords([jsonRecord(prediction('r-1', { row_index: 2 }))]);
    const mine = predictionsOf(predictions, 'current');
    expect(outcomesOf(outcomes)).toMatchObject({ key1: mine.key1, key2: mine.key2 });
  });
});

function outcomesOf(decoded: DecodedBatch): OutcomeColumns {
  const columns = decoded.sides[0]?.columns ?? null;
  if (columns === null || 'arm' in columns) throw new Error('the batch has no outcomes');
  return columns;
}
