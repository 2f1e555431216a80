import type { DuckDBConnection, DuckDBVector } from '@duckdb/node-api';
import { DOUBLE, DuckDBDataChunk } from '@duckdb/node-api';
import { assert } from '../core/foundation/assert.ts';

/** Rows of one DuckDB vector: what a data chunk can hold. */
const CHUNK_ROWS = 2048;

/**
 * The numbers behind a DOUBLE vector. The client keeps them private, but its public getters make
 * one call per value: a hundred times slower over millions of rows.
 */
function doublesOf(vector: DuckDBVector): Float64Array {
  const items: unknown = Reflect.get(vector, 'items');
  assert(items instanceof Float64Array, 'a DOUBLE column is a Float64Array');
  return items;
}

/**
 * Streams a query whose columns are all DOUBLE and free of nulls; `visit` sees each chunk's columns
 * and the row at which the chunk begins. Returns the number of rows.
 */
export async function readNumberColumns(
  connection: DuckDBConnection,
  sql: string,
  visit: (columns: readonly Float64Array[], firstRow: number) => void,
): Promise<number> {
  const result = await connection.stream(sql);
  let rowCount = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return rowCount;
    const length = chunk.rowCount;
    const columns = Array.from({ length: chunk.columnCount }, (_, k) =>
      doublesOf(chunk.getColumnVector(k)).subarray(0, length),
    );
    visit(columns, rowCount);
    rowCount += length;
  }
}

/** Makes the table `name` with the given DOUBLE columns, all of one length. */
export async function writeNumberTable(
  connection: DuckDBConnection,
  name: string,
  columns: Readonly<Record<string, Float64Array>>,
): Promise<void> {
  const names = Object.keys(columns);
  const arrays = Object.values(columns);
  const rowCount = arrays[0]?.length ?? 0;
  assert(
    arrays.every((array) => array.length === rowCount),
    'the columns of a table have one length',
  );
  await connection.run(
    `create or replace table ${name} (${names.map((column) => `${column} double`).join(', ')})`,
  );
  const appender = await connection.createAppender(name);
  const types = names.map(() => DOUBLE);
  for (let first = 0; first < rowCount; first += CHUNK_ROWS) {
    const length = Math.min(CHUNK_ROWS, rowCount - first);
    const chunk = DuckDBDataChunk.create(types, length);
    for (const [k, array] of arrays.entries()) {
      const vector = chunk.getColumnVector(k);
      doublesOf(vector).set(array.subarray(first, first + length));
      vector.flush();
    }
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}
