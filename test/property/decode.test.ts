import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { predictionColumns } from '../../src/adapters/memory/log-columns.ts';
import { schemaOf } from '../../src/adapters/memory/log-schema.ts';
import type { BatchSchema, PredictionColumns } from '../../src/core/events/batch.ts';
import { isJsonRecord } from '../../src/core/events/parse-field.ts';
import { parsePrediction } from '../../src/core/events/parse-prediction.ts';
import type { Prediction } from '../../src/core/events/prediction.ts';
import type { DecodedBatch, RawRecord } from '../../src/pipeline/stream/ports.ts';
import { GrowingSchema } from '../../src/pipeline/stream/stream-schema.ts';
import {
  AT_MS,
  decodeRecords,
  jsonRecord,
  predictionsOf,
  targetOf,
  topicOf,
  valuesOf,
  wireRecord,
} from '../unit/adapters/avro/decode/decoding.ts';

const LIMITS = { requestIdLengthMax: 256 };

const requestId = fc.oneof(
  { weight: 8, arbitrary: fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }) },
  { weight: 1, arbitrary: fc.constantFrom('', 'x'.repeat(256), 'é'.repeat(129)) },
);
/** Items of a ranking that are carried. */
const RANKED = 3;
const score = fc.oneof(
  fc.constant(null),
  fc.double({ noNaN: true }),
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Each name has one type as a rule, and now and then a value of another. */
const features = fc.record(
  {
    amount: fc.oneof({ weight: 6, arbitrary: score }, { weight: 1, arbitrary: fc.string() }),
    country: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(null, 'DE', 'FR', 'Ø', '') },
      { weight: 1, arbitrary: finite },
    ),
    premium: fc.constantFrom(null, true, false),
    __proto: finite,
  },
  { requiredKeys: [] },
);

/** What Avro with our schema can say, much of it wrong. */
const avroRecord = fc.record({
  request_id: requestId,
  row_index: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 }) },
    { weight: 1, arbitrary: fc.constantFrom(-1, 2_147_483_647) },
  ),
  model: fc.constantFrom('fraud', 'fraud', 'fraud', 'fraud', 'other'),
  version: fc.constantFrom('v6', 'v6', 'v6', 'v6', 'v6', 'v5'),
  event_time: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: AT_MS - 1e6, max: AT_MS }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 986_947_200, -5, AT_MS * 1000) },
  ),
  unit_id: fc.option(fc.string({ maxLength: 20 }), { nil: null }),
  session_start: fc.option(fc.integer({ min: 0, max: AT_MS }), { nil: null }),
  served: fc.boolean(),
  score,
  label: fc.constantFrom(null, 'good', 'bad', ''),
  class_probabilities: fc.option(fc.dictionary(fc.constantFrom('a', 'b', 'c'), finite), {
    nil: null,
  }),
  items: fc.oneof(
    { weight: 6, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.array(fc.string({ maxLength: 5 }), { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constant(Array.from({ length: 101 }, () => 'i')) },
  ),
  confidence: score,
  latency_ms: fc.oneof(
    { weight: 6, arbitrary: fc.option(fc.double({ min: 0 }), { nil: null }) },
    { weight: 1, arbitrary: fc.constantFrom(-1, Number.NEGATIVE_INFINITY, Number.NaN) },
  ),
  error: fc.constantFrom(null, null, null, 'timeout'),
  features,
  context: fc.option(features, { nil: null }),
  sampling_fraction: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(1, 0.5) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1.5, Number.NaN) },
  ),
});

/** JSON can say more, and more of it wrongly: any field may be absent or hold anything. */
const jsonValue = fc
  .tuple(avroRecord, fc.dictionary(fieldName(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }))
  .map(([record, wrong]) => ({ ...record, ...wrong }));

function fieldName(): fc.Arbitrary<string> {
  return fc.constantFrom(
    'request_id',
    'model',
    'version',
    'event_time',
    'score',
    'served',
    'items',
    'features',
    'row_index',
    'arrival_time',
    'session_start',
    'something_else',
  );
}

/** What the contract says of records, in plain words: the oracle. */
function judged(values: readonly unknown[]): {
  readonly predictions: readonly Prediction[];
  readonly dead: readonly (readonly [
    offset: number,
    reason: string,
    field: string | null,
    detail: string,
  ])[];
} {
  const predictions: Prediction[] = [];
  const dead: [number, string, string | null, string][] = [];
  for (const [i, value] of values.entries()) {
    const parsed = parsePrediction(value, LIMITS);
    const { model = null, version = null } = parsed.ok
      ? parsed.value
      : isJsonRecord(value)
        ? value
        : {};
    const isOther =
      typeof model === 'string' &&
      (model !== 'fraud' || (typeof version === 'string' && version !== 'v6'));
    if (isOther) continue;
    if (parsed.ok) predictions.push(parsed.value);
    else dead.push([100 + i, parsed.reason, parsed.field, parsed.detail]);
  }
  return { predictions, dead };
}

function deadOf(decoded: DecodedBatch): unknown {
  return decoded.dead.map(({ offset, reason, field, detail }) => [offset, reason, field, detail]);
}

/** The columns of a row as plain data, whatever their order. */
function rowsOf(columns: PredictionColumns, schema: BatchSchema): unknown {
  const items = patternOf(columns.rankedItems);
  return Array.from({ length: columns.length }, (_, row) => ({
    values: withoutNotFinite(valuesOf(columns, row, schema)),
    eventTimeMs: columns.eventTimeMs[row],
    flags: columns.flags[row],
    latencyMs: columns.latencyMs[row],
    samplingFraction: columns.samplingFraction[row],
    requestId: wellFormed(columns.requestId(row)),
    rowIndex: columns.rowIndex(row),
    unitId: wellFormed(columns.unitId(row)),
    sessionStartMs: columns.sessionStartMs(row),
    items: items.slice(RANKED * row, RANKED * (row + 1)),
  }));
}

/** Which items are equal: each by where it first came, 0 for none. What hash stands for them does not matter. */
function patternOf(items: Uint32Array | null): readonly number[] {
  const words = [...(items ?? [])];
  return words.map((word) => (word === 0 ? 0 : 1 + words.indexOf(word)));
}

/** The same where a field has one kind only, though the stream gave it a column of each. */
function rowsIn(kinds: BatchSchema, columns: PredictionColumns, schema: GrowingSchema): unknown {
  const { numbers, categories } = kinds.layout;
  const numberAt = numbers.map(({ name }) => schema.columnOf(name, 'number'));
  const categoryAt = categories.map(({ name }) => schema.columnOf(name, 'category'));
  return rowsOf(
    {
      ...columns,
      requestId: (row) => columns.requestId(row),
      rowIndex: (row) => columns.rowIndex(row),
      unitId: (row) => columns.unitId(row),
      sessionStartMs: (row) => columns.sessionStartMs(row),
      numbers: numberAt.map((at) => columns.numbers[at] ?? new Float64Array()),
      codes: categoryAt.map((at) => columns.codes[at] ?? new Int32Array()),
    },
    {
      layout: kinds.layout,
      dictionaries: categoryAt.map((at) => schema.dictionaries[at] ?? { values: [] }),
      rankedItemCount: kinds.rankedItemCount,
    },
  );
}

/** A number that is not finite in a field of texts is a text of its own: which one does not matter. */
function withoutNotFinite(values: Readonly<Record<string, unknown>>): unknown {
  const isNotFinite = (value: unknown): boolean =>
    typeof value === 'string' && /^(?:NaN|-?Infinity)$/.test(value);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      isNotFinite(value) ? 'not finite' : value,
    ]),
  );
}

/** A lone half of a surrogate pair does not survive UTF-8. */
function wellFormed(text: string): string {
  return text.toWellFormed();
}

/** What decoding made of records, and what the oracle says, as plain data. */
async function bothOf(
  values: readonly unknown[],
  records: readonly RawRecord[],
): Promise<{ readonly found: object; readonly expected: object }> {
  const schema = new GrowingSchema(RANKED);
  const targets = [targetOf({ schema, partitionCount: 1, topics: CURRENT_ONLY })];
  const decoded = await decodeRecords(records, { targets });
  const { predictions, dead } = judged(values);
  const memory = schemaOf(predictions, Infinity, RANKED);
  const usable = predictions.map((record) => ({ record, status: 0 }));
  const [side] = decoded.sides;
  const columns = side?.columns ?? null;
  return {
    found: {
      dead: deadOf(decoded),
      deadCount: side?.deadCount,
      ignoredCount: side?.ignoredCount,
      rows: columns === null ? [] : rowsIn(memory, predictionsOf(decoded, 'current'), schema),
    },
    expected: {
      dead,
      deadCount: dead.length,
      ignoredCount: values.length - dead.length - predictions.length,
      rows: rowsOf(predictionColumns('current', usable, memory), memory),
    },
  };
}

const CURRENT_ONLY = { current: 'predictions', canary: null, outcomes: null } as const;

describe('decoding random records', () => {
  it('of JSON gives the status, the reasons and the values that the plain parser gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(jsonValue, { maxLength: 12 }), async (values) => {
        const records = values.map((value) => jsonRecord(value));
        const written = records.map(({ value }) => JSON.parse(String(value)));
        const { found, expected } = await bothOf(written, records);
        expect(found).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('of Avro gives the status, the reasons and the values that the plain parser gives', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(avroRecord, { maxLength: 12 }), async (values) => {
        const records = values.map((value) => wireRecord(value));
        const { found, expected } = await bothOf(values, records);
        expect(found).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('by a compiled program gives what reading the records whole gives, keys and digests as well', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(avroRecord, { maxLength: 12 }), async (values) => {
        const records = values.map((value) => wireRecord(value));
        const whole = {
          drop: [],
          hash: ['feature.of_nobody'],
          keep: null,
          keepDeadLetterPayload: true,
        };
        const both = [topicOf(), topicOf({ privacy: whole })].map(async (topic) => {
          const schema = new GrowingSchema(RANKED);
          const targets = [targetOf({ schema, partitionCount: 1 })];
          const options = { hashText: (text: string) => text };
          const decoded = await decodeRecords(records, { targets, topics: [topic], options });
          return { decoded, schema };
        });
        const [compiled, plain] = await Promise.all(both);
        expect(summaryOf(compiled)).toEqual(summaryOf(plain));
      }),
      { numRuns: 200 },
    );
  });
});

function summaryOf(
  result: { readonly decoded: DecodedBatch; readonly schema: GrowingSchema } | undefined,
): unknown {
  return result?.decoded.sides.map(({ columns, ...side }) => {
    if (columns === null || !('arm' in columns)) return side;
    const { key1, key2, digest } = columns;
    return { ...side, key1, key2, digest, rows: rowsOf(columns, result.schema) };
  });
}
