import { constants } from 'node:fs';
import { access, mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { CoalmineError } from '../../core/foundation/error.ts';

/** Limits of the embedded database. */
export interface DuckDbLimits {
  /** Such as `256MB`. */
  readonly memoryLimit: string;
  readonly threadCount: number;
}

/** An open database file; `close` gives it free for others. */
export interface OpenDatabase {
  readonly path: string;
  connect(): Promise<DuckDBConnection>;
  close(): void;
}

/** Locks of the operating system are per process: without this, a second opening in this process would corrupt the file. */
const openHere = new Set<string>();

const ATTACHED = 'coalmine';
const ROW_GROUP_SIZE = 2048;

/** Name of the database in an output folder. */
export const DATABASE_FILE = 'coalmine.duckdb';

/**
 * Opens (or makes) the database of an output folder.
 *
 * @throws CoalmineError `output_unwritable`, `store_locked`, `store_newer`, `store_failed`
 */
export async function openDatabase(folder: string, limits: DuckDbLimits): Promise<OpenDatabase> {
  await ensureWritableFolder(folder);
  const path = join(await realpath(folder), DATABASE_FILE);
  if (openHere.has(path)) throw lockedError(path, String(process.pid), undefined);
  openHere.add(path);
  try {
    const instance = await attached(path, limits);
    return {
      path,
      connect: async () => {
        const connection = await instance.connect();
        await connection.run(`use ${ATTACHED}`);
        return connection;
      },
      close: () => {
        instance.closeSync();
        openHere.delete(path);
      },
    };
  } catch (error) {
    openHere.delete(path);
    throw openingError(path, error);
  }
}

/**
 * Opens the database of an output folder to look at it; other readers may do the same.
 *
 * @throws CoalmineError `not_found` when the folder has none, else as {@link openDatabase}
 */
export async function openDatabaseToRead(
  folder: string,
  limits: DuckDbLimits,
): Promise<OpenDatabase> {
  const path = await existingDatabase(folder);
  if (openHere.has(path)) throw lockedError(path, String(process.pid), undefined);
  try {
    const options = { ...instanceOptions(limits), access_mode: 'READ_ONLY' };
    const instance = await DuckDBInstance.create(path, options);
    return {
      path,
      connect: async () => await instance.connect(),
      close: () => {
        instance.closeSync();
      },
    };
  } catch (error) {
    throw openingError(path, error);
  }
}

/**
 * The database file, attached to an empty one: only so can its row groups be made small. A checkpoint
 * writes the last row group of a table anew; at DuckDB's 122,880 rows that would in time be all of them.
 */
async function attached(path: string, limits: DuckDbLimits): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', instanceOptions(limits));
  try {
    const connection = await instance.connect();
    await connection.run(
      `attach '${path.replaceAll("'", "''")}' as ${ATTACHED} (row_group_size ${ROW_GROUP_SIZE})`,
    );
    connection.closeSync();
    return instance;
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

async function existingDatabase(folder: string): Promise<string> {
  try {
    return await realpath(join(folder, DATABASE_FILE));
  } catch (cause) {
    throw new CoalmineError('not_found', `${folder} holds no ${DATABASE_FILE}`, {
      cause,
      hints: ['name the folder that `coalmine replay` was given as --out'],
    });
  }
}

/** Options of an instance as DuckDB takes them. */
export function instanceOptions(limits: DuckDbLimits): Record<string, string> {
  return { threads: String(limits.threadCount), memory_limit: limits.memoryLimit };
}

async function ensureWritableFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw unwritableError(folder, cause);
  }
}

/** The error for an output folder that refuses us. */
export function unwritableError(path: string, cause: unknown): CoalmineError {
  return new CoalmineError('output_unwritable', `cannot write to ${path}: ${messageOf(cause)}`, {
    cause,
    hints: ['give another folder with --out, or make this one writable'],
  });
}

function lockedError(path: string, pid: string, cause: unknown): CoalmineError {
  return new CoalmineError('store_locked', `${path} is open in another process (PID ${pid})`, {
    cause,
    hints: [
      `wait for process ${pid} or stop it, or give another output folder`,
      'to read while it runs, query the published Parquet: `coalmine sql`',
    ],
  });
}

/** What DuckDB's refusal to open a file means. */
export function openingError(path: string, error: unknown): CoalmineError {
  const message = messageOf(error);
  if (/could not set lock/i.test(message)) {
    const pid = /PID (\d+)/.exec(message)?.[1] ?? 'unknown';
    return lockedError(path, pid, error);
  }
  if (/version number|newer version of DuckDB/i.test(message)) {
    return new CoalmineError('store_newer', `${path} was written by a newer DuckDB: ${message}`, {
      cause: error,
      hints: ['use the coalmine that wrote it, or another output folder'],
    });
  }
  if (/permission denied|read-only file system|not a directory/i.test(message))
    return unwritableError(path, error);
  return new CoalmineError('store_failed', `cannot open ${path}: ${message}`, {
    cause: error,
    hints: ['give another output folder, or remove the file if it is not needed'],
  });
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
