import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { FileLogOptions } from '../../src/adapters/files/reader/options.ts';
import type { BatchSchema } from '../../src/core/events/batch.ts';
import type { DeadLetter } from '../../src/core/events/dead-letter.ts';
import type { Outcome, Prediction } from '../../src/core/events/prediction.ts';
import { predictionRecord } from '../../src/core/events/prediction-record.ts';
import { eventTime } from '../../src/core/foundation/time.ts';
import type { PredictionLog } from '../../src/pipeline/ports.ts';

export const START_MS = 986_947_200_000;

/** A prediction with every optional field empty but the score. */
export function predictionOf(
  given: Partial<Prediction> & { readonly requestId: string },
): Prediction {
  return {
    rowIndex: 0,
    model: 'fraud',
    version: 'v6',
    eventTimeMs: eventTime(START_MS),
    unitId: null,
    sessionStartMs: null,
    served: null,
    score: 0.5,
    label: null,
    classProbabilities: null,
    items: null,
    confidence: null,
    latencyMs: null,
    error: null,
    features: {},
    context: {},
    samplingFraction: 1,
    arrivalTimeMs: null,
    ...given,
  };
}

/** The same as a record of the contract, as producers write it. */
export function predictionRow(prediction: Prediction): Record<string, unknown> {
  const { items: _items, ...record } = predictionRecord(prediction);
  return {
    ...record,
    ...(prediction.arrivalTimeMs === null ? {} : { arrival_time: prediction.arrivalTimeMs }),
  };
}

export function outcomeRow(outcome: Outcome): Record<string, unknown> {
  return {
    request_id: outcome.requestId,
    row_index: outcome.rowIndex,
    model: outcome.model,
    event_time: outcome.eventTimeMs,
    metric: outcome.metric,
    value: outcome.value,
  };
}

/** A folder of its own for one test, removed afterwards. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'coalmine-log-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes a JSON Lines file; texts are written as they are. */
export async function writeLines(path: string, lines: readonly unknown[]): Promise<string> {
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  await writeFile(path, texts.map((text) => `${text}\n`).join(''));
  return path;
}

/** Runs SQL that writes files. */
export async function runSql(...statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '256MB' });
  const connection = await instance.connect();
  try {
    for (const statement of statements) await connection.run(statement);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Writes a Parquet file of what a query gives. */
export async function writeParquet(path: string, query: string): Promise<string> {
  await runSql(`copy (${query}) to '${path}' (format parquet)`);
  return path;
}

/** Writes rows as Parquet by way of JSON, with the types given. */
export async function writeRows(
  path: string,
  rows: readonly unknown[],
  types: Readonly<Record<string, string>>,
): Promise<string> {
  const lines = await writeLines(`${path}.rows`, rows);
  const columns = Object.entries(types).map(([name, type]) => `'${name}': '${type}'`);
  return writeParquet(
    path,
    `select * from read_json('${lines}', format = 'newline_delimited', columns = {${columns.join(', ')}})`,
  );
}

/** Settings of a log over files in a folder. */
export function fileOptions(folder: string, given: Partial<FileLogOptions>): FileLogOptions {
  return {
    current: [],
    canary: [],
    outcomes: [],
    model: 'fraud',
    currentVersion: 'v6',
    canaryVersion: 'v7',
    outcomeMetrics: ['click', 'late'],
    futureMaxMs: 60_000,
    limits: { recordSizeMaxBytes: 100_000, requestIdLengthMax: 256 },
    featuresMax: 200,
    spoolFolder: join(folder, 'spool'),
    from: null,
    ...given,
  };
}

/** A record of a log, looked up in its columns. */
export interface SeenRecord {
  readonly sequence: number;
  readonly side: 'current' | 'canary' | 'outcomes';
  readonly status: number;
  readonly eventTimeMs: number;
  readonly key: string;
  readonly digest: string;
  readonly requestId: string;
  readonly rowIndex: number;
  readonly unitId: string;
  readonly flags: number;
  readonly samplingFraction: number;
  readonly latencyMs: number;
  /** Values by field name: numbers as they are coded, categories as text or null. */
  readonly values: Readonly<Record<string, number | string | null>>;
  /** Metric and value of an outcome. */
  readonly outcome: readonly [number, number] | null;
}

/** Everything that a log gives, to its end. */
export interface SeenLog {
  readonly records: readonly SeenRecord[];
  readonly letters: readonly { readonly sequence: number; readonly letter: DeadLetter }[];
  /** Resume token after each frame, with the number of records read until then. */
  readonly tokens: readonly { readonly token: string; readonly sequence: number }[];
}

/** Reads a log to its end and closes it. */
export async function readLog(log: PredictionLog): Promise<SeenLog> {
  const records: SeenRecord[] = [];
  const letters: SeenLog['letters'][number][] = [];
  const tokens: SeenLog['tokens'][number][] = [];
  for (let frame = await log.next(); frame !== null; frame = await log.next()) {
    for (let k = 0; k < frame.length; k += 1) {
      const entry: number = frame.order[k] ?? 0;
      const side = (['current', 'canary', 'outcomes'] as const)[entry & 3] ?? 'current';
      const sequence = frame.firstSequence + k;
      const columns = frame[side];
      if (columns === null) throw new Error(`record ${sequence} has no columns`);
      records.push(seenRecord({ sequence, side, row: entry >> 2 }, columns, log.schema));
    }
    letters.push(...frame.deadLetters);
    tokens.push({ token: frame.resumeToken, sequence: frame.firstSequence + frame.length });
  }
  await log.close();
  return { records, letters, tokens };
}

type Columns = Exclude<
  NonNullable<Awaited<ReturnType<PredictionLog['next']>>>['current' | 'outcomes'],
  null
>;

function seenRecord(
  at: { readonly sequence: number; readonly side: SeenRecord['side']; readonly row: number },
  columns: Columns,
  schema: BatchSchema,
): SeenRecord {
  const { sequence, side, row } = at;
  const words = (column: Uint32Array): string => `${column[2 * row]}.${column[2 * row + 1]}`;
  const values: Record<string, number | string | null> = {};
  const isPrediction = 'requestId' in columns;
  if (isPrediction) {
    schema.layout.numbers.forEach((field, k) => {
      values[field.name] = columns.numbers[k]?.[row] ?? null;
    });
    schema.layout.categories.forEach((field, k) => {
      const code = columns.codes[k]?.[row] ?? 0;
      values[field.name] = code === 0 ? null : (schema.dictionaries[k]?.values[code - 1] ?? '?');
    });
  }
  return {
    sequence,
    side,
    status: columns.status[row] ?? -1,
    eventTimeMs: columns.eventTimeMs[row] ?? -1,
    key: `${words(columns.key1)} ${words(columns.key2)}`,
    digest: words(columns.digest),
    requestId: isPrediction ? columns.requestId(row) : '',
    rowIndex: isPrediction ? columns.rowIndex(row) : 0,
    unitId: isPrediction ? columns.unitId(row) : '',
    flags: isPrediction ? (columns.flags[row] ?? -1) : 0,
    samplingFraction: isPrediction ? (columns.samplingFraction[row] ?? -1) : 1,
    latencyMs: isPrediction ? (columns.latencyMs[row] ?? -1) : -1,
    values,
    outcome: isPrediction ? null : [columns.metric[row] ?? -2, columns.value[row] ?? -1],
  };
}
