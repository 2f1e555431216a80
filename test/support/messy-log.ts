import { join } from 'node:path';
import { writeRows } from './log-files.ts';
import {
  HOUR_MS,
  type LogPaths,
  type LogRow,
  logRows,
  OUTCOME_TYPES,
  PREDICTION_TYPES,
} from './replay-log.ts';

/** Requests from one change of file to the next: each ends a stretch that is read at once. */
const BLOCK = 20;

/** What was planted into the log, by the name under which a replay counts it. */
export interface Planted {
  readonly duplicate: number;
  readonly conflict: number;
  readonly late: number;
  readonly deadLettered: number;
  readonly ignored: number;
  readonly unmatchedCurrent: number;
  readonly unmatchedCanary: number;
}

export interface MessyLog {
  readonly paths: LogPaths;
  readonly recordCount: number;
  readonly planted: Planted;
}

/**
 * Five days in which everything happens that can happen to a log, as Parquet. The current arm lies in
 * two files by turns, so that a replay reads and commits it in more than a hundred pieces.
 */
export async function writeMessyLog(folder: string): Promise<MessyLog> {
  const { current, canary, outcomes } = logRows({ requestCount: 2_400, spacingMs: 180_000 });
  const planted = {
    duplicate: 0,
    conflict: 0,
    late: 0,
    deadLettered: 0,
    ignored: 0,
    unmatchedCurrent: 0,
    unmatchedCanary: 0,
  };
  const plant = (name: keyof Planted, ...rows: readonly LogRow[]): readonly LogRow[] => {
    planted[name] += 1;
    return rows;
  };
  const messyCurrent = current.map((row, i): readonly LogRow[] => {
    if (i % 97 === 5) return plant('unmatchedCanary');
    if (i % 89 === 7) return plant('duplicate', row, row);
    if (i % 83 === 11) return plant('conflict', row, { ...row, score: 0.123 });
    if (i % 101 === 53) {
      const eventTimeMs = Number(row['event_time']) - 9 * HOUR_MS;
      return plant('late', row, { ...row, request_id: `late-${i}`, event_time: eventTimeMs });
    }
    return [row];
  });
  const messyCanary = canary.map((row, i): readonly LogRow[] => {
    if (i % 97 === 31) return plant('unmatchedCurrent');
    if (i % 71 === 3) return plant('deadLettered', row, { ...row, latency_ms: -1 });
    if (i % 79 === 9) return plant('deadLettered', row, { ...row, request_id: '' });
    if (i % 103 === 17) return plant('ignored', row, { ...row, model: 'churn' });
    return [row];
  });
  const write = (name: string, rows: readonly LogRow[]) =>
    writeRows(join(folder, `${name}.parquet`), rows, PREDICTION_TYPES);
  const half = (turn: number) =>
    messyCurrent.filter((_, i) => Math.floor(i / BLOCK) % 2 === turn).flat();
  return {
    paths: {
      current: [await write('current-a', half(0)), await write('current-b', half(1))],
      canary: [await write('canary', messyCanary.flat())],
      outcomes: [await writeRows(join(folder, 'outcomes.parquet'), outcomes, OUTCOME_TYPES)],
    },
    recordCount: messyCurrent.flat().length + messyCanary.flat().length,
    planted,
  };
}
