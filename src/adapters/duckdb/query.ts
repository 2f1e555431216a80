import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { CoalmineError } from '../../core/foundation/error.ts';
import { type DuckDbLimits, instanceOptions, messageOf } from './open.ts';
import { plainValue } from './plain-value.ts';
import { quoted } from './publish.ts';
import { PUBLISHED_VIEWS } from './published-views.ts';
import { readSqlFile } from './sql-files.ts';

/** The answer of a query: values as JSON knows them, whole numbers beyond 2^53 and times as text. */
export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly unknown[])[];
}

const LIMITS: DuckDbLimits = { memoryLimit: '512MB', threadCount: 2 };

/**
 * Runs SQL over the published Parquet of an output folder (views of `sql/views.sql`), in a DuckDB
 * of its own: the file of a running service is not touched. An abort interrupts the query.
 *
 * @throws the signal's reason when it was aborted
 * @throws CoalmineError `not_found` when nothing is published there, `usage` when the SQL is wrong
 */
export async function runQuery(
  folder: string,
  sql: string,
  signal?: AbortSignal,
): Promise<QueryResult> {
  await checkPublished(folder);
  const instance = await DuckDBInstance.create(':memory:', instanceOptions(LIMITS));
  try {
    const connection = await instance.connect();
    signal?.addEventListener('abort', () => connection.interrupt(), { once: true });
    signal?.throwIfAborted();
    await connection.run(`set variable coalmine_root = ${quoted(resolve(folder))}`);
    await connection.run(await readSqlFile('views.sql'));
    const reader = await connection.runAndReadAll(sql);
    const types = reader.columnTypes();
    return {
      columns: reader.columnNames().map((name, i) => ({ name, type: String(types[i]) })),
      rows: reader.getRowsJS().map((row) => row.map(plainValue)),
    };
  } catch (cause) {
    signal?.throwIfAborted();
    throw new CoalmineError('usage', messageOf(cause), {
      cause,
      hints: [`views: ${PUBLISHED_VIEWS.map(({ name }) => name).join(' ')} pairs`],
    });
  } finally {
    instance.closeSync();
  }
}

async function checkPublished(folder: string): Promise<void> {
  try {
    await access(join(folder, 'parquet/ledger.json'));
  } catch (cause) {
    throw new CoalmineError('not_found', `nothing is published in ${folder}`, {
      cause,
      hints: ['name the folder that `coalmine replay` was given as --out'],
    });
  }
}
