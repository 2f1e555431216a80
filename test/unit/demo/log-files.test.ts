import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { computeFeatures, FEATURE_NAMES } from '../../../src/demo/features.ts';
import { MINUTE_MS } from '../../../src/demo/flights.ts';
import { writeOutcomes, writePredictions } from '../../../src/demo/log-files.ts';
import { flightsOf, START_MINUTE } from '../../support/demo/flight-builder.ts';

let folder = '';
let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-logs-'));
  instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '256MB' });
  connection = await instance.connect();
});
afterAll(async () => {
  connection.closeSync();
  instance.closeSync();
  await rm(folder, { recursive: true });
});

async function rowsOf(sql: string) {
  return (await connection.runAndReadAll(sql)).getRowObjectsJson();
}

const startMs = START_MINUTE * MINUTE_MS;
/** The first flight is the last to be answered, and the last to arrive. */
const requests = {
  flights: flightsOf([
    { minute: 0 },
    { minute: 0, delay: 45, origin: 2, destination: 0 },
    { minute: 0, delay: -9 },
  ]),
  rows: Int32Array.of(1, 2),
};
const answers = {
  version: 'v2',
  features: computeFeatures(requests.flights, requests.rows),
  scores: Float64Array.of(0.25, 0.125),
  latencyMs: Float64Array.of(20.5, 3.25),
  eventTimeMs: Float64Array.of(startMs + 21, startMs + 4),
};

test('predictions are written as the door reads them, in event-time order', async () => {
  const file = join(folder, 'canary.parquet');
  await writePredictions(connection, file, { requests, answers });
  const rows = await rowsOf(`from '${file}'`);
  expect(rows).toHaveLength(2);
  expect(rows[1]).toMatchObject({
    request_id: 'f-0000001',
    row_index: 0,
    model: 'flight-delay',
    version: 'v2',
    event_time: String(startMs + 21),
    unit_id: null,
    score: 0.25,
    latency_ms: 20.5,
    context: { origin: 'ORD', destination: 'ATL' },
  });
  expect(rows[0]).toMatchObject({ request_id: 'f-0000002', event_time: String(startMs + 4) });
});

test('the columns have the types of the contract, the features a double each', async () => {
  const file = join(folder, 'canary.parquet');
  const columns = await rowsOf(
    `select column_name, replace(column_type, '"', '') as column_type from (describe from '${file}')`,
  );
  expect(Object.fromEntries(columns.map((c) => [c['column_name'], c['column_type']]))).toEqual({
    request_id: 'VARCHAR',
    row_index: 'INTEGER',
    model: 'VARCHAR',
    version: 'VARCHAR',
    event_time: 'BIGINT',
    unit_id: 'VARCHAR',
    score: 'DOUBLE',
    latency_ms: 'DOUBLE',
    features: `STRUCT(${FEATURE_NAMES.map((name) => `${name} DOUBLE`).join(', ')})`,
    context: 'STRUCT(origin VARCHAR, destination VARCHAR)',
  });
});

test('every feature lands under its own name', async () => {
  const file = join(folder, 'canary.parquet');
  const [row] = await rowsOf(`select features from '${file}' where request_id = 'f-0000001'`);
  const values = [...answers.features.values.subarray(0, FEATURE_NAMES.length)];
  expect(row).toEqual({
    features: Object.fromEntries(FEATURE_NAMES.map((name, k) => [name, values[k]])),
  });
});

test('outcomes are written in the order of the arrivals, 1 for late', async () => {
  const file = join(folder, 'outcomes.parquet');
  await writeOutcomes(connection, file, requests);
  const common = { row_index: 0, model: 'flight-delay', metric: 'late' };
  expect(await rowsOf(`from '${file}'`)).toEqual([
    {
      request_id: 'f-0000002',
      event_time: String(startMs + 31 * MINUTE_MS),
      value: 0,
      ...common,
    },
    {
      request_id: 'f-0000001',
      event_time: String(startMs + 85 * MINUTE_MS),
      value: 1,
      ...common,
    },
  ]);
});

test('nothing half-written stays behind', async () => {
  expect((await readdir(folder)).sort()).toEqual(['canary.parquet', 'outcomes.parquet']);
});
