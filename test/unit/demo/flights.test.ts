import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  arrivalTimesMs,
  firstRowAt,
  lateLabels,
  loadFlights,
  MINUTE_MS,
  rowRange,
} from '../../../src/demo/flights.ts';
import { flightsOf, START_MINUTE } from '../../support/demo/flight-builder.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "coalmine-flight's-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function parquetOf(name: string, rows: string): Promise<string> {
  const file = join(folder, name);
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '256MB' });
  const connection = await instance.connect();
  await connection.run(
    `copy (select date::timestamp as date, delay, distance, origin, destination
      from (values ${rows}) t(date, delay, distance, origin, destination))
    to '${file.replaceAll("'", "''")}' (format parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
  return file;
}

test('flights are read in file order up to a time, airports as indices into sorted names', async () => {
  const file = await parquetOf(
    'flights.parquet',
    `('2001-04-11 05:00', 16, 100, 'ORD', 'ATL'), ('2001-04-11 05:00', -3, 200, 'ATL', 'EWR'),
     ('2001-04-11 06:30', 0, 300, 'EWR', 'ORD'), ('2001-04-12 00:00', 0, 300, 'EWR', 'ORD')`,
  );
  const flights = await loadFlights(file, Date.UTC(2001, 3, 12));
  expect(flights.count).toBe(3);
  expect(flights.airports).toEqual(['ATL', 'EWR', 'ORD']);
  expect([...flights.departureMs]).toEqual([
    Date.UTC(2001, 3, 11, 5),
    Date.UTC(2001, 3, 11, 5),
    Date.UTC(2001, 3, 11, 6, 30),
  ]);
  expect([...flights.delayMinutes]).toEqual([16, -3, 0]);
  expect([...flights.distanceMiles]).toEqual([100, 200, 300]);
  expect([...flights.origin]).toEqual([2, 0, 1]);
  expect([...flights.destination]).toEqual([0, 1, 2]);
});

test('a file that is not in time order is refused', async () => {
  const file = await parquetOf(
    'unordered.parquet',
    `('2001-04-11 06:00', 0, 100, 'ORD', 'ATL'), ('2001-04-11 05:00', 0, 100, 'ORD', 'ATL')`,
  );
  await expect(loadFlights(file, Date.UTC(2001, 3, 12))).rejects.toThrow('in time order');
});

test('a flight arrives 30 minutes, its way at 450 miles an hour and its delay after it left', () => {
  const flights = flightsOf([
    { minute: 10, miles: 450, delay: 7 },
    { minute: 10, miles: 100 },
  ]);
  const [first, second] = arrivalTimesMs(flights);
  expect(Number(first) / MINUTE_MS - START_MINUTE).toBeCloseTo(10 + 30 + 60 + 7, 6);
  expect(second).toBe((START_MINUTE + 10 + 30) * MINUTE_MS + 800_000);
});

test('a record that claims to arrive before it left arrives a minute after', () => {
  const [arrival] = arrivalTimesMs(flightsOf([{ minute: 0, delay: -1116 }]));
  expect(arrival).toBe((START_MINUTE + 1) * MINUTE_MS);
});

test('late is more than 15 minutes', () => {
  const flights = flightsOf([{ minute: 0, delay: 15 }, { minute: 1, delay: 16 }, { minute: 2 }]);
  expect([...lateLabels(flights, rowRange(0, 3))]).toEqual([0, 1, 0]);
  expect([...lateLabels(flights, Int32Array.of(1))]).toEqual([1]);
});

test('the first row at a time is the earliest flight that left then or later', () => {
  const flights = flightsOf([{ minute: 0 }, { minute: 5 }, { minute: 5 }, { minute: 9 }]);
  const at = (minute: number) => firstRowAt(flights, (START_MINUTE + minute) * MINUTE_MS);
  expect([at(-1), at(0), at(1), at(5), at(6), at(10)]).toEqual([0, 0, 1, 1, 3, 4]);
});

test('a range of rows leaves out its end', () => {
  expect([...rowRange(2, 5)]).toEqual([2, 3, 4]);
  expect(rowRange(5, 2)).toHaveLength(0);
});
