import { type DuckDBConnection, DuckDBInstance, type Json } from '@duckdb/node-api';
import { CoalmineError } from '../../../core/foundation/error.ts';

/** A text as a SQL literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as a quoted SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The table function of one Parquet file, taken literally: its name may hold glob characters. */
export function readParquet(path: string): string {
  const plain = path.replaceAll(/[[*?]/g, (character) => `[${character}]`);
  return `read_parquet(${literal(plain)}, binary_as_string = true)`;
}

/**
 * An in-memory database. One thread: each file is a stream of its own that is read ahead on another
 * core, and a stream that is read by one thread keeps the order of its rows and holds less memory.
 */
export async function openDatabase(options: {
  readonly memoryLimit?: string;
  readonly spoolFolder: string;
}): Promise<DuckDBInstance> {
  return DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: options.memoryLimit ?? '256MB',
    temp_directory: options.spoolFolder,
    // Every page is read once: a cache of the files would only grow.
    enable_external_file_cache: 'false',
  });
}

/** A small result as objects. */
export async function queryRows(
  connection: DuckDBConnection,
  sql: string,
): Promise<readonly Record<string, Json>[]> {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRowObjectsJson();
}

/** The first column of a small result, as texts; nulls are left out. */
export async function queryTexts(
  connection: DuckDBConnection,
  sql: string,
): Promise<readonly string[]> {
  const reader = await connection.runAndReadAll(sql);
  return reader.getRowsJson().flatMap(([value]) => (typeof value === 'string' ? [value] : []));
}

/** Runs what reads one file, so that a failure names the file. */
export async function readingFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CoalmineError) throw error;
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0];
    throw new CoalmineError('input_unreadable', `${file} cannot be read: ${reason}`, {
      cause: error,
    });
  }
}
