import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import type { ReferenceProfile } from '../../core/events/profile.ts';
import type { Verdict } from '../../core/events/verdict.ts';
import { parseExactJson } from '../../pipeline/exact-json.ts';
import type { OutboxKind, StoredWindow } from '../../pipeline/ports.ts';
import { checkMigrated } from './migrate.ts';
import { type OpenDatabase, openDatabaseToRead } from './open.ts';
import { readMigrations } from './sql-files.ts';
import { readStoredWindows } from './stored-windows.ts';

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
  const connection = await database.connect();
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
    windows: (rolloutId, beforeMs) => readStoredWindows(connection, rolloutId, beforeMs),
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
