import type { DuckDBConnection } from '@duckdb/node-api';

/**
 * Lets go of pages of stored rows, which nobody reads before the next publication: DuckDB keeps all
 * that fits below its memory limit, so that memory would grow with the history. Lowering the limit
 * evicts them; it is back at once. Nothing else may run on the database meanwhile.
 */
export async function giveBackPages(
  connection: DuckDBConnection,
  memoryLimit: string,
): Promise<void> {
  // Only rows that are in the file already can be let go.
  await connection.run('checkpoint');
  // Refused when what is in use does not fit: then there is nothing to let go either.
  await connection.run(`set memory_limit = '1MB'`).catch(() => {});
  await connection.run(`set memory_limit = '${memoryLimit}'`);
}
