import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import type { OutcomeEvent } from '../../producer/producer.ts';
import { FEATURE_NAMES } from '../features.ts';
import { DEMO_METRIC, DEMO_MODEL } from '../log-files.ts';
import type { DemoArm } from '../logs-manifest.ts';
import type { DemoLogs } from '../write-logs.ts';
import { SERVE_FROM_MS, SERVE_UNTIL_MS } from '../write-logs.ts';

export const HOUR_MS = 3_600_000;

/** Hours of flights there are: the first begins at SERVE_FROM_MS. */
export const HOUR_COUNT = Math.ceil((SERVE_UNTIL_MS - SERVE_FROM_MS) / HOUR_MS);

/** What one model version answered to one request. */
export interface LoggedAnswer {
  readonly request_id: string;
  readonly version: string;
  readonly event_time: number;
  readonly score: number;
  readonly latency_ms: number;
  readonly features: Readonly<Record<string, number>>;
  readonly context: { readonly origin: string; readonly destination: string };
}

/** Something that happened within an hour, at the event time of its log. */
export type Happening =
  | { readonly kind: 'answer'; readonly isCanary: boolean; readonly answer: LoggedAnswer }
  | { readonly kind: 'outcome'; readonly outcome: OutcomeEvent };

/** The logs of the demo, hour by hour. */
export interface FlightHours {
  /** Everything of an hour, in event time; hours are numbered from 0. */
  read(hour: number): Promise<readonly Happening[]>;
  close(): void;
}

export async function openFlightHours(logs: DemoLogs, canary: DemoArm): Promise<FlightHours> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '512MB' });
  const connection = await instance.connect();
  const { files } = logs;
  return {
    async read(hour) {
      const fromMs = SERVE_FROM_MS + hour * HOUR_MS;
      const happenings: Happening[] = [
        ...(await answersOf(connection, files.current, fromMs)).map(
          (answer): Happening => ({ kind: 'answer', isCanary: false, answer }),
        ),
        ...(await answersOf(connection, files[canary], fromMs)).map(
          (answer): Happening => ({ kind: 'answer', isCanary: true, answer }),
        ),
        ...(await outcomesOf(connection, files.outcomes, fromMs)),
      ];
      return happenings.sort((left, right) => timeOf(left) - timeOf(right));
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

export function timeOf(happening: Happening): number {
  return happening.kind === 'answer' ? happening.answer.event_time : happening.outcome.event_time;
}

const FIXED = 'request_id, version, event_time::double, score, latency_ms';
const PLACES = 'context.origin, context.destination';
const FEATURES = FEATURE_NAMES.map((name) => `features.${name}`).join(', ');

async function answersOf(
  connection: DuckDBConnection,
  file: string,
  fromMs: number,
): Promise<readonly LoggedAnswer[]> {
  const reader = await connection.runAndReadAll(
    `select ${FIXED}, ${PLACES}, ${FEATURES} ${within(file, fromMs)}`,
  );
  return reader.getRows().map(([id, version, time, score, latency, from, to, ...features]) => ({
    request_id: String(id),
    version: String(version),
    event_time: Number(time),
    score: Number(score),
    latency_ms: Number(latency),
    features: Object.fromEntries(FEATURE_NAMES.map((name, k) => [name, Number(features[k])])),
    context: { origin: String(from), destination: String(to) },
  }));
}

async function outcomesOf(
  connection: DuckDBConnection,
  file: string,
  fromMs: number,
): Promise<readonly Happening[]> {
  const reader = await connection.runAndReadAll(
    `select request_id, event_time::double, value ${within(file, fromMs)}`,
  );
  return reader.getRows().map(([id, time, value]) => ({
    kind: 'outcome',
    outcome: {
      request_id: String(id),
      model: DEMO_MODEL,
      event_time: Number(time),
      metric: DEMO_METRIC,
      value: Number(value),
    },
  }));
}

function within(file: string, fromMs: number): string {
  const path = `'${file.replaceAll("'", "''")}'`;
  return `from ${path} where event_time >= ${fromMs} and event_time < ${fromMs + HOUR_MS}`;
}
