import type { DuckDBConnection } from '@duckdb/node-api';
import { CoalmineError } from '../../core/foundation/error.ts';
import { messageOf } from './open.ts';

/**
 * Runs `work` as one transaction: all of it is durable afterwards, or nothing happened.
 *
 * @throws CoalmineError `store_failed` after rolling back
 */
export async function inTransaction<T>(
  connection: DuckDBConnection,
  work: () => Promise<T>,
): Promise<T> {
  try {
    await connection.run('begin');
    const result = await work();
    await connection.run('commit');
    return result;
  } catch (error) {
    await rollBack(connection);
    if (error instanceof CoalmineError) throw error;
    throw new CoalmineError('store_failed', `the database refused: ${messageOf(error)}`, {
      cause: error,
      hints: ['nothing of this step was stored; the same command goes on from the step before'],
    });
  }
}

/** A failed commit has already ended its transaction; then there is nothing left to roll back. */
async function rollBack(connection: DuckDBConnection): Promise<void> {
  try {
    await connection.run('rollback');
  } catch (error) {
    if (!/no transaction is active/i.test(messageOf(error))) throw error;
  }
}
