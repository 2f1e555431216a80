import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkMigrated, migrate } from '../../../../src/adapters/duckdb/migrate.ts';
import { readMigrations } from '../../../../src/adapters/duckdb/sql-files.ts';
import { testFolder } from '../../../contract/fixtures/folder.ts';

async function connection(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  onTestFinished(() => instance.closeSync());
  return await instance.connect();
}

async function folderWith(files: Readonly<Record<string, string>>): Promise<URL> {
  const folder = join(await testFolder(), 'migrations');
  await mkdir(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return pathToFileURL(`${folder}/`);
}

describe('migrations', () => {
  it('are the numbered SQL files, in order, without gaps', async () => {
    const shipped = await readMigrations();
    expect(shipped.map((migration) => migration.version)).toEqual(shipped.map((_, i) => i + 1));
    expect(shipped[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    const folder = await folderWith({ '0002_b.sql': '', '0001_a.sql': '', 'notes.md': '' });
    const names = (await readMigrations(folder)).map((migration) => migration.name);
    expect(names).toEqual(['0001_a.sql', '0002_b.sql']);
  });

  it('are applied once', async () => {
    const to = await connection();
    const migrations = await readMigrations();
    expect(await migrate(to, migrations)).toBe(migrations.length);
    expect(await migrate(to, migrations)).toBe(0);
    await checkMigrated(to, migrations);
  });

  it('leave nothing of one that fails, and keep those before it', async () => {
    const folder = await folderWith({
      '0001_a.sql': 'create table a (x integer);',
      '0002_b.sql': 'create table b (x integer); create table a (x integer);',
    });
    const to = await connection();
    const migrations = await readMigrations(folder);
    await expect(migrate(to, migrations)).rejects.toMatchObject({ code: 'store_failed' });
    const tables = await to.runAndReadAll(`select table_name from duckdb_tables() order by 1`);
    expect(tables.getRows().flat()).toEqual(['a', 'schema_migrations']);
    await expect(checkMigrated(to, migrations)).rejects.toThrow(/older coalmine/);
  });
});
