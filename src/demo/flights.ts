import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { assert } from '../core/foundation/assert.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import { readNumberColumns } from './number-columns.ts';

export const MINUTE_MS = 60_000;

/** More minutes of delay than this make a flight late: the outcome that the models foretell. */
const LATE_AFTER_MINUTES = 15;

/** Flights in the order in which they left, one array per column. */
export interface Flights {
  readonly count: number;
  /** When the flight left, ms since 1970; the data's local times are read as UTC. */
  readonly departureMs: Float64Array;
  readonly delayMinutes: Int16Array;
  readonly distanceMiles: Int16Array;
  /** Indices into `airports`. */
  readonly origin: Uint16Array;
  readonly destination: Uint16Array;
  readonly airports: readonly string[];
}

/** The 3,000,000 US flights of January to June 2001 that the package vega-datasets carries. */
export function flightsFile(): string {
  try {
    const library = import.meta.resolve('vega-datasets');
    return fileURLToPath(new URL('../data/flights-3m.parquet', library));
  } catch (cause) {
    throw new CoalmineError('input_missing', 'the package vega-datasets is not installed', {
      cause,
      hints: ['run npm install in a checkout of coalmine: the demo needs its flights'],
    });
  }
}

/** Room for `count` flights between the given airports, all values 0. */
export function emptyFlights(count: number, airports: readonly string[]): Flights {
  return {
    count,
    departureMs: new Float64Array(count),
    delayMinutes: new Int16Array(count),
    distanceMiles: new Int16Array(count),
    origin: new Uint16Array(count),
    destination: new Uint16Array(count),
    airports,
  };
}

/** Reads the flights of `file` that left before `untilMs`, in time order, ties in the file's order. */
export async function loadFlights(file: string, untilMs: number): Promise<Flights> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '1GB' });
  const connection = await instance.connect();
  try {
    const path = `'${file.replaceAll("'", "''")}'`;
    await connection.run(
      `create type airport as enum (select origin from ${path} union select destination from ${path} order by 1)`,
    );
    const source = `from ${path} where epoch_ms(date) < ${untilMs}`;
    const head = await connection.runAndReadAll(
      `select count(*)::double, enum_range(null::airport)::varchar[]::json::varchar ${source}`,
    );
    const [count, airports] = head.getRows()[0] ?? [];
    const flights = emptyFlights(Number(count), JSON.parse(String(airports)));
    const rowCount = await readNumberColumns(
      connection,
      `select epoch_ms(date)::double, delay::double, distance::double,
        enum_code(origin::airport)::double, enum_code(destination::airport)::double ${source}`,
      (columns, firstRow) => fill(flights, columns, firstRow),
    );
    assert(rowCount === flights.count, 'every flight that was counted is read');
    assertInTimeOrder(flights.departureMs);
    return flights;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function fill(flights: Flights, columns: readonly Float64Array[], firstRow: number): void {
  const [departureMs, delay, distance, origin, destination] = columns;
  assert(
    departureMs !== undefined &&
      delay !== undefined &&
      distance !== undefined &&
      origin !== undefined &&
      destination !== undefined,
    'five columns were asked for',
  );
  flights.departureMs.set(departureMs, firstRow);
  flights.delayMinutes.set(delay, firstRow);
  flights.distanceMiles.set(distance, firstRow);
  flights.origin.set(origin, firstRow);
  flights.destination.set(destination, firstRow);
}

/** The file is in time order already, and reading keeps its order: sorting 3 M rows would double the time. */
function assertInTimeOrder(timesMs: Float64Array): void {
  for (let row = 1; row < timesMs.length; row++) {
    assert(Number(timesMs[row - 1]) <= Number(timesMs[row]), 'the flights are in time order');
  }
}

/**
 * When the delay of each flight becomes known: taxi time, the way at 450 miles an hour, the delay.
 * A few dozen records claim an arrival before the departure; they are known a minute after it.
 */
export function arrivalTimesMs(flights: Flights): Float64Array<ArrayBuffer> {
  const arrivals = new Float64Array(flights.count);
  for (let row = 0; row < flights.count; row++) {
    const minutes =
      30 + Number(flights.distanceMiles[row]) / 7.5 + Number(flights.delayMinutes[row]);
    arrivals[row] = Number(flights.departureMs[row]) + Math.round(Math.max(1, minutes) * MINUTE_MS);
  }
  return arrivals;
}

/** 1 for a flight that was more than 15 minutes late, else 0. */
export function lateLabel(flights: Flights, row: number): 0 | 1 {
  return Number(flights.delayMinutes[row]) > LATE_AFTER_MINUTES ? 1 : 0;
}

/** The label of each of the given flights. */
export function lateLabels(flights: Flights, rows: Int32Array): Uint8Array<ArrayBuffer> {
  const labels = new Uint8Array(rows.length);
  for (const [index, row] of rows.entries()) labels[index] = lateLabel(flights, row);
  return labels;
}

/** The first row that left at or after `timeMs`. */
export function firstRowAt(flights: Flights, timeMs: number): number {
  let low = 0;
  let high = flights.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Number(flights.departureMs[middle]) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The rows from `first` up to, not including, `end`. */
export function rowRange(first: number, end: number): Int32Array<ArrayBuffer> {
  const rows = new Int32Array(Math.max(0, end - first));
  for (let k = 0; k < rows.length; k++) rows[k] = first + k;
  return rows;
}
