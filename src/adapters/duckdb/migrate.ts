import type { DuckDBConnection } from '@duckdb/node-api';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { Migration } from './sql-files.ts';
import { inTransaction } from './transaction.ts';

interface Applied {
  readonly version: number;
  readonly name: string;
  readonly sha256: string;
}

/**
 * Brings a database up to the last migration, each in a transaction of its own, and checkpoints so
 * that the tables do not live in the log alone.
 *
 * @throws CoalmineError `store_newer` when it knows migrations that we do not, `store_failed` when
 *   one was edited after it was applied
 */
export async function migrate(
  connection: DuckDBConnection,
  migrations: readonly Migration[],
): Promise<number> {
  await connection.run(
    `create table if not exists schema_migrations (
       version integer not null, name varchar not null, sha256 varchar not null)`,
  );
  const applied = await appliedMigrations(connection);
  checkApplied(applied, migrations);
  const missing = migrations.slice(applied.length);
  for (const migration of missing) {
    await inTransaction(connection, async () => {
      await connection.run(migration.text);
      await connection.run('insert into schema_migrations values ($1, $2, $3)', [
        migration.version,
        migration.name,
        migration.sha256,
      ]);
    });
  }
  if (missing.length > 0) await connection.run('checkpoint');
  return missing.length;
}

/**
 * Refuses a database that is not at the last migration: to read it, it must have all our tables.
 *
 * @throws CoalmineError `store_newer`, `store_failed`
 */
export async function checkMigrated(
  connection: DuckDBConnection,
  migrations: readonly Migration[],
): Promise<void> {
  const applied = await appliedMigrations(connection);
  checkApplied(applied, migrations);
  if (applied.length === migrations.length) return;
  throw new CoalmineError('store_failed', 'the database was written by an older coalmine', {
    hints: ['the command that wrote it brings it up to date: run it once more'],
  });
}

async function appliedMigrations(connection: DuckDBConnection): Promise<Applied[]> {
  const reader = await connection.runAndReadAll(
    'select version, name, sha256 from schema_migrations order by version',
  );
  return reader.getRows().map(([version, name, sha256]) => ({
    version: Number(version),
    name: String(name),
    sha256: String(sha256),
  }));
}

function checkApplied(applied: readonly Applied[], known: readonly Migration[]): void {
  for (const [i, { version, name, sha256 }] of applied.entries()) {
    const ours = known[i];
    if (ours === undefined) {
      throw new CoalmineError(
        'store_newer',
        `the database has migration ${name}; this coalmine knows ${known.length} migrations`,
        { hints: ['use the coalmine that wrote it, or another output folder'] },
      );
    }
    if (ours.version !== version || ours.sha256 !== sha256) {
      throw new CoalmineError(
        'store_failed',
        `migration ${ours.name} was changed after the database had applied ${name}`,
        { hints: ['a migration never changes: undo the edit and add a new one'] },
      );
    }
  }
}
