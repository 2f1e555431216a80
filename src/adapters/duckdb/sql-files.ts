import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** The same number of folders up from the source and from the packed `dist`. */
const SQL_FOLDER = new URL('../../../sql/', import.meta.url);

/** A migration: `0001_store.sql` is version 1. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sha256: string;
  readonly text: string;
}

/** A shipped SQL file by its path below `sql/`. */
export async function readSqlFile(path: string): Promise<string> {
  return await readFile(new URL(path, SQL_FOLDER), 'utf8');
}

/** All migrations in the order of their numbers. */
export async function readMigrations(folder: URL = migrationsFolder()): Promise<Migration[]> {
  const names = (await readdir(fileURLToPath(folder))).filter((name) =>
    /^\d{4}_\w+\.sql$/.test(name),
  );
  return await Promise.all(
    names.toSorted().map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8');
      const sha256 = createHash('sha256').update(text).digest('hex');
      return { version: Number(name.slice(0, 4)), name, sha256, text };
    }),
  );
}

function migrationsFolder(): URL {
  return new URL('migrations/', SQL_FOLDER);
}
