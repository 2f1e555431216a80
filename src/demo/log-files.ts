import { rename } from 'node:fs/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Answers } from './answers.ts';
import { FEATURE_NAMES } from './features.ts';
import type { Flights } from './flights.ts';
import { arrivalTimesMs, lateLabels } from './flights.ts';
import { columnOf } from './matrix.ts';
import { writeNumberTable } from './number-columns.ts';

export const DEMO_MODEL = 'flight-delay';
export const DEMO_METRIC = 'late';

/** The requests that were answered: rows of the flights, which also number the requests. */
export interface Requests {
  readonly flights: Flights;
  readonly rows: Int32Array;
}

const REQUEST_ID = `'f-' || lpad(request::integer::varchar, 7, '0')`;

/** Writes one version's prediction log in the columns that coalmine reads, in event-time order. */
export async function writePredictions(
  connection: DuckDBConnection,
  file: string,
  { requests, answers }: { readonly requests: Requests; readonly answers: Answers },
): Promise<void> {
  const { flights, rows } = requests;
  await writeNumberTable(connection, 'answers', {
    request: Float64Array.from(rows),
    event_time: answers.eventTimeMs,
    score: answers.scores,
    latency_ms: answers.latencyMs,
    ...featureColumns(answers),
    origin: Float64Array.from(rows, (row) => Number(flights.origin[row])),
    destination: Float64Array.from(rows, (row) => Number(flights.destination[row])),
  });
  const airports = `[${flights.airports.map(quoted).join(', ')}]`;
  await copyAside(
    connection,
    file,
    `select ${REQUEST_ID} as request_id, 0::integer as row_index,
      ${quoted(DEMO_MODEL)} as model, ${quoted(answers.version)} as version,
      event_time::bigint as event_time, null::varchar as unit_id, score, latency_ms,
      struct_pack(${FEATURE_NAMES.map((name) => `${name} := ${name}`).join(', ')}) as features,
      struct_pack(origin := ${airports}[origin::integer + 1],
        destination := ${airports}[destination::integer + 1]) as context
    from answers order by answers.event_time, request`,
  );
}

/** Writes what became of every request, in the order in which it became known. */
export async function writeOutcomes(
  connection: DuckDBConnection,
  file: string,
  { flights, rows }: Requests,
): Promise<void> {
  const arrivals = arrivalTimesMs(flights);
  await writeNumberTable(connection, 'arrivals', {
    request: Float64Array.from(rows),
    event_time: Float64Array.from(rows, (row) => Number(arrivals[row])),
    late: Float64Array.from(lateLabels(flights, rows)),
  });
  await copyAside(
    connection,
    file,
    `select ${REQUEST_ID} as request_id, 0::integer as row_index, ${quoted(DEMO_MODEL)} as model,
      event_time::bigint as event_time, ${quoted(DEMO_METRIC)} as metric, late as value
    from arrivals order by arrivals.event_time, request`,
  );
}

function featureColumns({ features }: Answers): Record<string, Float64Array> {
  const columns = FEATURE_NAMES.map((name, c) => [name, columnOf(features, c)] as const);
  return Object.fromEntries(columns);
}

/** Written aside, then renamed: a reader never sees half a file. */
async function copyAside(connection: DuckDBConnection, file: string, sql: string): Promise<void> {
  const aside = `${file}.${process.pid}.partial`;
  await connection.run(`copy (${sql}) to ${quoted(aside)} (format parquet, compression zstd)`);
  await rename(aside, file);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
