import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBAppender, type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { assert } from '../../core/foundation/assert.ts';
import type { KeptPair, PairSink } from '../../pipeline/ports.ts';
import { literal } from './reader/database.ts';
import { unwritable } from './unwritable.ts';

export interface PairSinkOptions {
  /** The output folder: files stand in `parquet/pairs/rollout=<id>/`. */
  readonly folder: string;
  readonly rolloutId: string;
  readonly windowLengthMs: number;
}

export interface ParquetPairSink extends PairSink {
  close(): Promise<void>;
}

/** `<partition>-<window start>` or `<partition>-<first window>-<last window>`, in ms. */
const FILE_NAME = /^\d+-(?:\d+-)?(\d+)$/;
const SUFFIX = '.parquet';
const ASIDE = '.writing';

/**
 * Kept pairs as Parquet, one file per partition and window (or stretch of windows). Writing a file
 * again replaces it. A DuckDB in memory does the encoding; pairs enter no table of the store.
 *
 * @throws CoalmineError `output_unwritable`
 */
export async function openPairSink(options: PairSinkOptions): Promise<ParquetPairSink> {
  const folder = pairFolder(options);
  try {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder))
      if (name.endsWith(ASIDE)) await rm(join(folder, name), { force: true });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '256MB' });
  const connection = await instance.connect();
  await connection.run(TABLE);
  let turn: Promise<unknown> = Promise.resolve();
  return {
    write: async (file, pairs) => {
      assert(FILE_NAME.test(file), `"${file}" is <partition>-<window start>`);
      const path = join(folder, file + SUFFIX);
      const next = turn.then(async () => await writePairs(connection, path, pairs));
      turn = next.catch(() => null);
      await next;
    },
    expire: async (beforeMs) => await expireFiles(folder, beforeMs - options.windowLengthMs),
    close: async () => {
      await turn;
      connection.closeSync();
      instance.closeSync();
    },
  };

  async function writePairs(to: DuckDBConnection, path: string, pairs: readonly KeptPair[]) {
    if (pairs.length === 0) {
      await rm(path, { force: true });
      return;
    }
    try {
      await appendPairs(to, pairs);
      await to.run(copyStatement(options.rolloutId, path + ASIDE));
      await rename(path + ASIDE, path);
    } catch (cause) {
      throw unwritable(path, cause);
    } finally {
      await to.run('truncate kept');
    }
  }
}

const TABLE = `create table kept (
  request_id varchar, row_index bigint, window_start_ms bigint,
  current_event_time_ms bigint, canary_event_time_ms bigint,
  current_score double, canary_score double, current_label varchar, canary_label varchar,
  disagree boolean, fields varchar)`;

function copyStatement(rolloutId: string, path: string): string {
  return `copy (
    select ${literal(rolloutId)} as rollout_id, request_id, row_index, window_start_ms,
      make_timestamp(window_start_ms * 1000) as window_start,
      current_event_time_ms, canary_event_time_ms, current_score, canary_score,
      current_label, canary_label, disagree, fields::json as fields
    from kept
  ) to ${literal(path)} (format parquet, compression zstd)`;
}

/** Rows that an appender has not flushed would be written when it is collected: it is always closed. */
async function appendPairs(
  connection: DuckDBConnection,
  pairs: readonly KeptPair[],
): Promise<void> {
  const appender = await connection.createAppender('kept');
  try {
    for (const pair of pairs) appendPair(appender, pair);
    appender.flushSync();
  } catch (error) {
    appender.clear();
    throw error;
  } finally {
    appender.closeSync();
  }
}

function appendPair(to: DuckDBAppender, pair: KeptPair): void {
  to.appendVarchar(pair.requestId);
  to.appendBigInt(BigInt(pair.rowIndex));
  to.appendBigInt(BigInt(pair.windowStartMs));
  to.appendBigInt(BigInt(pair.currentEventTimeMs));
  to.appendBigInt(BigInt(pair.canaryEventTimeMs));
  appendOr(pair.currentScore, (value) => to.appendDouble(value), to);
  appendOr(pair.canaryScore, (value) => to.appendDouble(value), to);
  appendOr(pair.currentLabel, (value) => to.appendVarchar(value), to);
  appendOr(pair.canaryLabel, (value) => to.appendVarchar(value), to);
  appendOr(pair.disagree, (value) => to.appendBoolean(value), to);
  to.appendVarchar(JSON.stringify(pair.fields, sayable));
  to.endRow();
}

function appendOr<T>(value: T | null, append: (value: T) => void, to: DuckDBAppender): void {
  if (value === null) to.appendNull();
  else append(value);
}

/** JSON has no word for an infinity; as text, SQL casts it back. */
function sayable(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

async function expireFiles(folder: string, lastStartMaxMs: number): Promise<number> {
  let removed = 0;
  for (const name of await readdir(folder)) {
    if (!name.endsWith(SUFFIX)) continue;
    const lastStartMs = FILE_NAME.exec(name.slice(0, -SUFFIX.length))?.[1];
    if (lastStartMs === undefined || Number(lastStartMs) > lastStartMaxMs) continue;
    await rm(join(folder, name), { force: true });
    removed += 1;
  }
  return removed;
}

function pairFolder({ folder, rolloutId }: PairSinkOptions): string {
  return join(folder, 'parquet/pairs', `rollout=${encodeURIComponent(rolloutId)}`);
}
