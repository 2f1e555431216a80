import { join } from 'node:path';
import { START_MS, writeLines, writeRows } from './log-files.ts';
import { mulberry32, type Random, sum12 } from './random.ts';

export const HOUR_MS = 3_600_000;

/** A record of the contract as producers write it; tests change a field of it to break it. */
export type LogRow = Readonly<Record<string, unknown>>;

/** The same requests as both versions answered them, and what happened later, in order of time. */
export interface LogRows {
  readonly current: readonly LogRow[];
  readonly canary: readonly LogRow[];
  readonly outcomes: readonly LogRow[];
}

export interface TrafficOptions {
  readonly seed: number;
  readonly requestCount: number;
  /** Event time from one request to the next. */
  readonly spacingMs: number;
  /** Share of requests in which the canary answers the opposite. */
  readonly flipRate: number;
}

const COUNTRIES = ['DE', 'FR', 'JP', 'BR', 'ÖS'];

/** A seeded log: scores with a signal, latencies, a rare error, outcomes one to four hours later. */
export function logRows(given: Partial<TrafficOptions> = {}): LogRows {
  const options = { seed: 7, requestCount: 600, spacingMs: 120_000, flipRate: 0, ...given };
  const random = mulberry32(options.seed);
  const requests = Array.from({ length: options.requestCount }, (_, i) =>
    request(random, i, options),
  );
  return {
    current: requests.map(({ current }) => current),
    canary: requests.map(({ canary }) => canary),
    outcomes: requests
      .map(({ outcome }) => outcome)
      .toSorted((a, b) => a.event_time - b.event_time || (a.request_id < b.request_id ? -1 : 1)),
  };
}

function request(random: Random, i: number, options: TrafficOptions) {
  const atMs = START_MS + i * options.spacingMs + Math.floor(random() * 20_000);
  const amount = Math.round(50 * Math.exp(0.8 * sum12(random))) / 2;
  const country = COUNTRIES[Math.floor(random() * COUNTRIES.length)] ?? 'DE';
  const score = 1 / (1 + Math.exp(-(Math.log(amount + 1) - 4 + 0.5 * sum12(random))));
  const nudged = Math.min(0.999, Math.max(0.001, score + 0.005 * sum12(random)));
  const flipped = random() < options.flipRate;
  const request_id = `r-${String(i).padStart(6, '0')}-é`;
  const common = {
    request_id,
    model: 'fraud',
    unit_id: `user-${Math.floor(random() * 400)}`,
    features: { amount, country, is_new: random() < 0.3 },
    context: { channel: random() < 0.5 ? 'web' : 'app' },
  };
  const answer = (version: string, value: number, delayMs: number) => ({
    ...common,
    version,
    event_time: atMs + delayMs,
    score: value,
    latency_ms: Math.round(20 + 30 * random()),
    error: null,
  });
  return {
    current: answer('v6', score, 0),
    canary: answer('v7', flipped ? 1 - nudged : nudged, 40 + Math.floor(random() * 400)),
    outcome: {
      request_id,
      model: 'fraud',
      event_time: atMs + HOUR_MS + Math.floor(random() * 3 * HOUR_MS),
      metric: 'late',
      value: random() < score ? 1 : 0,
    },
  };
}

/** Types of a prediction's columns in Parquet. */
export const PREDICTION_TYPES = {
  request_id: 'varchar',
  model: 'varchar',
  version: 'varchar',
  event_time: 'bigint',
  unit_id: 'varchar',
  score: 'double',
  latency_ms: 'double',
  error: 'varchar',
  features: 'struct(amount double, country varchar, is_new boolean)',
  context: 'struct(channel varchar)',
} as const;

export const OUTCOME_TYPES = {
  request_id: 'varchar',
  model: 'varchar',
  event_time: 'bigint',
  metric: 'varchar',
  value: 'double',
} as const;

/** Paths of a log's files. */
export interface LogPaths {
  readonly current: readonly string[];
  readonly canary: readonly string[];
  readonly outcomes: readonly string[];
}

/** Writes a log as three JSON Lines files. */
export async function writeLogLines(folder: string, rows: LogRows): Promise<LogPaths> {
  return {
    current: [await writeLines(join(folder, 'current.jsonl'), rows.current)],
    canary: [await writeLines(join(folder, 'canary.jsonl'), rows.canary)],
    outcomes: [await writeLines(join(folder, 'outcomes.jsonl'), rows.outcomes)],
  };
}

/** Writes a log as three Parquet files. */
export async function writeLogParquet(
  folder: string,
  rows: LogRows,
  extra: Readonly<Record<string, string>> = {},
): Promise<LogPaths> {
  const types = { ...PREDICTION_TYPES, ...extra };
  return {
    current: [await writeRows(join(folder, 'current.parquet'), rows.current, types)],
    canary: [await writeRows(join(folder, 'canary.parquet'), rows.canary, types)],
    outcomes: [await writeRows(join(folder, 'outcomes.parquet'), rows.outcomes, OUTCOME_TYPES)],
  };
}
