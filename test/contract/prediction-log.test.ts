import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFileLog } from '../../src/adapters/files/reader/open-file-log.ts';
import { memoryLog } from '../../src/adapters/memory/log.ts';
import { STATUS_IGNORED, STATUS_USABLE } from '../../src/core/events/batch.ts';
import type { Outcome, Prediction } from '../../src/core/events/prediction.ts';
import { eventTime } from '../../src/core/foundation/time.ts';
import type { PredictionLog } from '../../src/pipeline/ports.ts';
import {
  fileOptions,
  inFolder,
  outcomeRow,
  predictionOf,
  predictionRow,
  readLog,
  START_MS,
  writeLines,
  writeRows,
} from '../support/log-files.ts';

interface Traffic {
  readonly current: readonly Prediction[];
  readonly canary: readonly Prediction[];
  readonly outcomes: readonly Outcome[];
}

const PREDICTION_TYPES = {
  request_id: 'VARCHAR',
  row_index: 'INTEGER',
  model: 'VARCHAR',
  version: 'VARCHAR',
  event_time: 'BIGINT',
  unit_id: 'VARCHAR',
  score: 'DOUBLE',
  label: 'VARCHAR',
  latency_ms: 'DOUBLE',
  error: 'VARCHAR',
  features: 'STRUCT(amount DOUBLE, country VARCHAR, known BOOLEAN)',
  context: 'STRUCT(hour BIGINT)',
  class_probabilities: 'STRUCT(no DOUBLE, yes DOUBLE)',
  sampling_fraction: 'DOUBLE',
};
const OUTCOME_TYPES = {
  request_id: 'VARCHAR',
  row_index: 'INTEGER',
  model: 'VARCHAR',
  event_time: 'BIGINT',
  metric: 'VARCHAR',
  value: 'DOUBLE',
};

/** The expected order: by time; current before canary before outcomes where times are equal. */
function inLogOrder(traffic: Traffic): readonly Prediction[] {
  const both = [...traffic.current, ...traffic.canary];
  return both.toSorted((a, b) => a.eventTimeMs - b.eventTimeMs);
}

const SUBJECTS: readonly (readonly [
  string,
  (folder: string, traffic: Traffic) => Promise<(from: string | null) => Promise<PredictionLog>>,
])[] = [
  [
    'memory',
    async (_folder, traffic) =>
      await Promise.resolve(async (from) => {
        const predictions = inLogOrder(traffic);
        return await Promise.resolve(
          memoryLog({
            predictions,
            outcomes: traffic.outcomes,
            model: 'fraud',
            currentVersion: 'v6',
            canaryVersion: 'v7',
            outcomeMetrics: ['click', 'late'],
            futureMaxMs: 60_000,
            frameSize: 701,
            from,
          }),
        );
      }),
  ],
  [
    'Parquet',
    async (folder, traffic) => {
      const rows = async (name: 'current' | 'canary'): Promise<string> =>
        writeRows(
          join(folder, `${name}.parquet`),
          traffic[name].map(predictionRow),
          PREDICTION_TYPES,
        );
      const current = [await rows('current')];
      const canary = [await rows('canary')];
      const outcomes = [
        await writeRows(
          join(folder, 'outcomes.parquet'),
          traffic.outcomes.map(outcomeRow),
          OUTCOME_TYPES,
        ),
      ];
      return async (from) => openFileLog(fileOptions(folder, { current, canary, outcomes, from }));
    },
  ],
  [
    'JSON Lines',
    async (folder, traffic) => {
      const rows = async (name: 'current' | 'canary'): Promise<string> =>
        writeLines(join(folder, `${name}.jsonl`), traffic[name].map(predictionRow));
      const current = [await rows('current')];
      const canary = [await rows('canary')];
      const outcomes = [
        await writeLines(join(folder, 'outcomes.jsonl'), traffic.outcomes.map(outcomeRow)),
      ];
      return async (from) => openFileLog(fileOptions(folder, { current, canary, outcomes, from }));
    },
  ],
];

/** Traffic with everything that a record can say; times tie between the arms now and then. */
function trafficOf(requestCount: number): Traffic {
  const arm = (version: string, shiftMs: (k: number) => number): readonly Prediction[] =>
    Array.from({ length: requestCount }, (_, k) =>
      predictionOf({
        requestId: `request-number-${k}-é`,
        rowIndex: k % 3,
        version: k % 50 === 7 ? 'v1' : version,
        eventTimeMs: eventTime(START_MS + k * 20 + shiftMs(k)),
        unitId: k % 4 === 0 ? null : `unit-${k % 40}`,
        score: k % 11 === 0 ? null : k / requestCount,
        label: k % 11 === 0 ? null : k % 2 === 0 ? 'yes' : 'no',
        latencyMs: k % 5 === 0 ? null : k % 90,
        error: k % 11 === 0 ? 'timeout' : null,
        features: { amount: k, country: ['DE', 'FR', 'ÅX'][k % 3] ?? null, known: k % 2 === 0 },
        context: { hour: k % 24 },
        classProbabilities: k % 11 === 0 ? null : { no: 0.25, yes: 0.75 },
        samplingFraction: k % 2 === 0 ? 1 : 0.5,
      }),
    );
  return {
    current: arm('v6', () => 0),
    canary: arm('v7', (k) => (k % 10 === 0 ? 0 : 5)),
    outcomes: Array.from({ length: Math.floor(requestCount / 4) }, (_, k) => ({
      requestId: `request-number-${k}-é`,
      rowIndex: k % 3,
      model: 'fraud',
      eventTimeMs: eventTime(START_MS + k * 50 + 40),
      metric: ['late', 'refund'][k % 2] ?? '',
      value: k % 2,
      arrivalTimeMs: null,
    })),
  };
}

describe.each(SUBJECTS)('the %s log', (kind, prepare) => {
  test('gives every record once, in one order by time, each side in its own order', async () => {
    await inFolder(async (folder) => {
      const given = trafficOf(2_500);
      const open = await prepare(folder, given);
      const seen = await readLog(await open(null));
      expect(seen.records.map(({ sequence }) => sequence)).toEqual(
        Array.from({ length: 5_625 }, (_, k) => k),
      );
      expect(seen.letters).toEqual([]);
      const predictions = seen.records.filter(({ side }) => side !== 'outcomes');
      expect(predictions.map(({ requestId, eventTimeMs }) => [requestId, eventTimeMs])).toEqual(
        inLogOrder(given).map(({ requestId, eventTimeMs }) => [requestId, eventTimeMs]),
      );
      const times = seen.records.map(({ eventTimeMs }) => eventTimeMs);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
    });
  });

  test('carries what the record says: numbers, categories, flags, sampling, unit', async () => {
    await inFolder(async (folder) => {
      const open = await prepare(folder, trafficOf(60));
      const log = await open(null);
      const names = [...log.schema.layout.numbers, ...log.schema.layout.categories];
      expect(names.map((field) => `${field.name} ${field.kind}`)).toEqual([
        'score number',
        'class_probability.no number',
        'class_probability.yes number',
        'feature.amount number',
        'context.hour number',
        'label category',
        'feature.country category',
        'feature.known category',
      ]);
      const { records } = await readLog(log);
      const canary = (k: number) =>
        records.find((r) => r.side === 'canary' && r.requestId === `request-number-${k}-é`);
      expect(canary(5)).toMatchObject({
        requestId: 'request-number-5-é',
        rowIndex: 2,
        unitId: 'unit-5',
        flags: 0,
        samplingFraction: 0.5,
        latencyMs: Number.NaN,
        values: {
          score: 5 / 60,
          label: 'no',
          'class_probability.yes': 0.75,
          'feature.amount': 5,
          'feature.country': 'ÅX',
          'feature.known': 'false',
          'context.hour': 5,
        },
      });
      expect(canary(11)).toMatchObject({ flags: 4, values: { score: Number.NaN, label: null } });
      expect(canary(4)).toMatchObject({ unitId: 'request-number-4-é', latencyMs: 4 });
    });
  });

  test("ignores another version's records and leaves them in their place", async () => {
    await inFolder(async (folder) => {
      const open = await prepare(folder, trafficOf(100));
      const { records } = await readLog(await open(null));
      const ignored = records.filter(({ status }) => status === STATUS_IGNORED);
      expect(ignored.map(({ requestId }) => requestId)).toEqual([
        'request-number-7-é',
        'request-number-7-é',
        'request-number-57-é',
        'request-number-57-é',
      ]);
      expect(records.filter(({ status }) => status === STATUS_USABLE)).toHaveLength(221);
    });
  });

  test('gives both arms and the outcomes of one request the same key, other requests others', async () => {
    await inFolder(async (folder) => {
      const open = await prepare(folder, trafficOf(200));
      const { records } = await readLog(await open(null));
      const keysOf = (side: string): readonly string[] =>
        records.filter((record) => record.side === side).map(({ key }) => key);
      const current = new Set(records.filter((r) => r.side !== 'outcomes').map(({ key }) => key));
      expect(current.size).toBe(200);
      expect(keysOf('outcomes').every((key) => current.has(key))).toBe(true);
      expect(new Set(keysOf('outcomes')).size).toBe(50);
    });
  });

  test('names the outcome by its place in the plan, -1 when the plan has none of it', async () => {
    await inFolder(async (folder) => {
      const open = await prepare(folder, trafficOf(40));
      const { records } = await readLog(await open(null));
      const outcomes = records.filter(({ side }) => side === 'outcomes');
      expect(outcomes.slice(0, 3).map(({ outcome }) => outcome)).toEqual([
        [1, 0],
        [-1, 1],
        [1, 0],
      ]);
    });
  });

  test('tells a duplicate from a conflict by its digest', async () => {
    await inFolder(async (folder) => {
      const base = predictionOf({ requestId: 'same', features: { amount: 1, country: 'DE' } });
      const given: Traffic = {
        current: [base, base, { ...base, features: { amount: 2, country: 'DE' } }],
        canary: [{ ...base, version: 'v7' }],
        outcomes: [],
      };
      const open = await prepare(folder, given);
      const { records } = await readLog(await open(null));
      const [first, second, third] = records;
      expect(second?.digest).toBe(first?.digest);
      expect(third?.digest).not.toBe(first?.digest);
      expect(new Set(records.map(({ key }) => key)).size).toBe(1);
    });
  });

  test('goes on from any frame with the same records, numbers and order', async () => {
    await inFolder(async (folder) => {
      const open = await prepare(folder, trafficOf(5_000));
      const whole = await readLog(await open(null));
      for (const { token, sequence } of whole.tokens.slice(0, 6)) {
        const rest = await readLog(await open(token));
        expect(rest.records).toEqual(whole.records.slice(sequence));
      }
      const last = whole.tokens.at(-1);
      expect((await readLog(await open(last?.token ?? null))).records).toEqual([]);
    });
  });

  test('makes a lone record far ahead a dead letter, and believes a jump that others confirm', async () => {
    await inFolder(async (folder) => {
      const at = (k: number, version: string, ms: number): Prediction =>
        predictionOf({ requestId: `r-${k}`, version, eventTimeMs: eventTime(START_MS + ms) });
      const times = Array.from({ length: 60 }, (_, k) => (k < 40 ? k * 100 : 36e5 + k * 100));
      const current = times.map((ms, k) => at(k, 'v6', k === 20 ? 864e5 : ms));
      const canary = times.map((ms, k) => at(k, 'v7', ms));
      const inOrder = [...current, ...canary].toSorted((a, b) =>
        a.requestId === b.requestId
          ? 0
          : Number(a.requestId.slice(2)) - Number(b.requestId.slice(2)),
      );
      const open = await prepare(folder, { current, canary, outcomes: [] });
      const log =
        kind === 'memory'
          ? memoryLog({
              predictions: inOrder,
              model: 'fraud',
              currentVersion: 'v6',
              canaryVersion: 'v7',
              futureMaxMs: 60_000,
              frameSize: 50,
            })
          : await open(null);
      const seen = await readLog(log);
      expect(seen.letters).toHaveLength(1);
      const [{ sequence, letter } = { sequence: -1, letter: null }] = seen.letters;
      expect(letter).toMatchObject({ reason: 'future', field: 'event_time' });
      expect(letter?.payload).toContain('r-20');
      expect(seen.records[sequence]).toMatchObject({ requestId: 'r-20', side: 'current' });
      expect(seen.records.filter(({ status }) => status === STATUS_USABLE)).toHaveLength(119);
    });
  });
});
