import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { DuckDBBlobValue } from '@duckdb/node-api';
import type { ReferenceProfile } from '../../core/events/profile.ts';
import type { Verdict } from '../../core/events/verdict.ts';
import { assert } from '../../core/foundation/assert.ts';
import type { WindowSummary } from '../../core/windows/summary.ts';
import { parseExactJson } from '../../pipeline/exact-json.ts';
import type { OutboxKind, PartitionPosition, StoredWindow } from '../../pipeline/ports.ts';
import { checkMigrated } from './migrate.ts';
import { type OpenDatabase, openDatabaseToRead } from './open.ts';
import { readMigrations } from './sql-files.ts';

/** A stored database, opened to look at it: several may look, unless one writes. */
export interface StoreReader {
  meta(): Promise<ReadonlyMap<string, string>>;
  state(): Promise<string | null>;
  /** The bodies of a kind as stored, oldest first: exact JSON of each record. */
  bodies(kind: OutboxKind): Promise<readonly string[]>;
  verdict(id: string): Promise<Verdict | null>;
  /** Windows of a rollout that start before `beforeMs`, by start and revision, exactly as committed. */
  windows(rolloutId: string, beforeMs: number): AsyncIterable<StoredWindow>;
  profile(hash: string): Promise<ReferenceProfile | null>;
  close(): void;
}

/**
 * Opens the database of an output folder to read it.
 *
 * @throws CoalmineError `not_found`, `store_locked` while a coalmine writes it, `store_newer`
 */
export async function openStoreReader(folder: string): Promise<StoreReader> {
  const database = await openDatabaseToRead(folder, { memoryLimit: '512MB', threadCount: 2 });
  const connection = await database.instance.connect();
  try {
    await checkMigrated(connection, await readMigrations());
  } catch (error) {
    database.close();
    throw error;
  }
  return readerOf(database, connection);
}

function readerOf(database: OpenDatabase, connection: DuckDBConnection): StoreReader {
  const first = async (sql: string, values: DuckDBValue[] = []) =>
    textOrNull((await rowsOf(connection, sql, values))[0]?.[0]);
  return {
    meta: async () => {
      const rows = await rowsOf(connection, 'select key, value from meta');
      return new Map(rows.map(([key, value]) => [String(key), String(value)]));
    },
    state: async () => await first('select body from state where commit_number > 0'),
    bodies: async (kind) => {
      const sql = 'select body from outbox where kind = $1 order by number';
      return (await rowsOf(connection, sql, [kind])).map(([body]) => String(body));
    },
    // Decoder edges: these texts were written by us, from values of these types.
    verdict: async (id) => {
      const body = await first(`select body from outbox where kind = 'verdict' and id = $1`, [id]);
      return body === null ? null : (parseExactJson(body) as Verdict);
    },
    windows: (rolloutId, beforeMs) => readWindows(connection, rolloutId, beforeMs),
    profile: async (hash) => {
      const text = await first('select profile from profiles where hash = $1', [hash]);
      return text === null ? null : (parseExactJson(text) as ReferenceProfile);
    },
    close: () => {
      connection.closeSync();
      database.close();
    },
  };
}

/** Windows in pages: all of a long rollout would not fit into memory. */
async function* readWindows(
  connection: DuckDBConnection,
  rolloutId: string,
  beforeMs: number,
): AsyncGenerator<StoredWindow> {
  for (let offset = 0; ; offset += WINDOWS_PER_PAGE) {
    const rows = await rowsOf(
      connection,
      `with page as (
         select rollout_id, window_start_ms, revision from stored_windows
         where rollout_id = $1 and window_start_ms < $2::bigint
         order by window_start_ms, revision limit $3::bigint offset $4::bigint
       )
       select summary, stage_index, partial, positions
       from page join stored_windows using (rollout_id, window_start_ms, revision)
         join partials using (rollout_id, window_start_ms, revision)
       order by window_start_ms, revision`,
      [rolloutId, beforeMs, WINDOWS_PER_PAGE, offset],
    );
    for (const row of rows) yield storedWindow(row);
    if (rows.length < WINDOWS_PER_PAGE) return;
  }
}

const WINDOWS_PER_PAGE = 64;

function storedWindow(row: readonly DuckDBValue[]): StoredWindow {
  const [summary, stageIndex, partial, positions] = row;
  assert(partial instanceof DuckDBBlobValue, 'a partial is stored as bytes');
  return {
    summary: parseExactJson(String(summary)) as WindowSummary,
    stageIndex: Number(stageIndex),
    partial: new Uint8Array(partial.bytes),
    positions: parseExactJson(String(positions)) as PartitionPosition[],
  };
}

async function rowsOf(
  connection: DuckDBConnection,
  sql: string,
  values: DuckDBValue[] = [],
): Promise<readonly (readonly DuckDBValue[])[]> {
  return (await connection.runAndReadAll(sql, values)).getRows();
}

function textOrNull(value: DuckDBValue | undefined): string | null {
  return value === undefined || value === null ? null : String(value);
}
