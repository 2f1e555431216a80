import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type QueryResult, runQuery } from '../../../src/adapters/duckdb/query.ts';
import { openDuckDbStore } from '../../../src/adapters/duckdb/store.ts';
import { openPairSink } from '../../../src/adapters/files/pair-sink.ts';
import { commitOf, HOUR_MS, ROLLOUT, START_MS } from '../../contract/fixtures/commit.ts';
import { testFolder } from '../../contract/fixtures/folder.ts';
import { pairOf } from '../../contract/fixtures/pair.ts';

const SQL = fileURLToPath(new URL('../../../sql/', import.meta.url));

/** An output folder with 30 hourly windows, which the tests only read. */
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-'));
  const store = await openDuckDbStore({ folder });
  for (let i = 0; i < 30; i++) await store.commit(commitOf(i));
  await store.publish();
  await store.close();
});

afterAll(async () => await rm(folder, { recursive: true, force: true }));

async function query(name: string): Promise<string> {
  return await readFile(join(SQL, 'queries', name), 'utf8');
}

function firstRow(result: QueryResult): Record<string, unknown> {
  return Object.fromEntries(result.columns.map(({ name }, i) => [name, result.rows[0]?.[i]]));
}

/** The same query on the database itself, as `duckdb -readonly` would run it. */
async function onDatabase(sql: string): Promise<unknown> {
  const path = join(folder, 'coalmine.duckdb');
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(sql)).getRowsJson();
  connection.closeSync();
  instance.closeSync();
  return rows;
}

describe('the shipped queries', () => {
  it('find the airport in which the models disagree', async () => {
    expect(firstRow(await runQuery(folder, await query('top_drivers.sql')))).toMatchObject({
      rollout_id: ROLLOUT,
      field: 'context.origin',
      worst_cell: 'EWR',
      worst_cell_pairs: 1800,
      worst_cell_disagreement_rate: 0.4,
      lift: 5.83,
      mean_difference: -0.15,
    });
  });

  it('rank drivers by the mutual information of cell and disagreement', async () => {
    const { mutual_information: found } = firstRow(
      await runQuery(folder, await query('top_drivers.sql')),
    );
    const pairs = [300, 60, 250, 90].map((n) => n * 30);
    const flips = [10, 24, 11, 3].map((k) => k * 30);
    const total = pairs.reduce((a, b) => a + b);
    const rate = flips.reduce((a, b) => a + b) / total;
    const plain = pairs.reduce((sum, n, i) => {
      const k = flips[i] ?? 0;
      const up = (k / total) * Math.log(k / n / rate);
      return sum + up + ((n - k) / total) * Math.log((1 - k / n) / (1 - rate));
    }, 0);
    expect(found).toBeCloseTo(plain - 3 / (2 * total), 6);
  });

  it('show the windows with the most disagreement first', async () => {
    const result = await runQuery(folder, await query('worst_windows.sql'));
    expect(result.rows).toHaveLength(20);
    expect(firstRow(result)).toMatchObject({ pairs: 700, disagreement_rate: 0.0729 });
  });

  it('show the segment whose flips go one way', async () => {
    const result = await runQuery(folder, await query('flips_by_segment.sql'));
    expect(firstRow(result)).toMatchObject({
      field: 'context.origin',
      cell: 'EWR',
      pairs: 1800,
      flips_up: 0,
      flips_down: 720,
      flip_rate: 0.4,
      one_sided: 1,
      mean_difference: -0.15,
    });
  });

  it('tell the history of the verdicts by its changes', async () => {
    const result = await runQuery(folder, await query('verdict_history.sql'));
    const at = (name: string) => result.columns.findIndex((column) => column.name === name);
    expect(result.rows.map((row) => [row[at('decision')], row[at('failing_checks')]])).toEqual([
      ['hold', ''],
      ['rollback', 'disagreement'],
    ]);
    expect(result.rows[1]?.[at('verdict_id')]).toBe(`v-${ROLLOUT}-5`);
  });

  it('say how much of each day was compared', async () => {
    const result = await runQuery(folder, await query('coverage.sql'));
    expect(result.rows).toHaveLength(2);
    expect(firstRow(result)).toMatchObject({
      windows: 19,
      incomplete_windows: 1,
      pairs: 19 * 700,
      paired_share: 0.9972,
      labelled_share: 0.9857,
    });
  });

  it('are all listed, have a header, and answer alike from Parquet and from the database', async () => {
    const names = (await readdir(join(SQL, 'queries'))).toSorted();
    expect(names).toEqual([
      'coverage.sql',
      'flips_by_segment.sql',
      'top_drivers.sql',
      'verdict_history.sql',
      'worst_windows.sql',
    ]);
    for (const name of names) {
      const sql = await query(name);
      expect(sql).toMatch(/^-- /);
      const count = await runQuery(folder, `select count(*) from (${sql.replace(/;\s*$/, '')})`);
      expect(count.rows[0]?.[0]).toBeGreaterThan(0);
      expect(await onDatabase(sql)).toHaveLength(Number(count.rows[0]?.[0]));
    }
  });

  it('answer without a row on a store that is still empty', async () => {
    const empty = await testFolder();
    const store = await openDuckDbStore({ folder: empty });
    await store.publish();
    await store.close();
    for (const name of await readdir(join(SQL, 'queries')))
      expect((await runQuery(empty, await query(name))).rows).toEqual([]);
  });
});

describe('views.sql in an output folder', () => {
  it('runs as it is in any DuckDB, and reads the pairs too', async () => {
    const sink = await openPairSink({ folder, rolloutId: ROLLOUT, windowLengthMs: HOUR_MS });
    await sink.write(`0-${START_MS}`, [pairOf('a', 0)]);
    await sink.close();
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(await readFile(join(folder, 'views.sql'), 'utf8'));
    const pairs = await connection.runAndReadAll(
      `select request_id, window_start::varchar, fields ->> 'context.origin' from pairs`,
    );
    expect(pairs.getRows()).toEqual([['a', '2001-04-11 05:00:00', 'EWR']]);
    instance.closeSync();
  });

  it('crosses the labels of both arms, window by window', async () => {
    const { rows } = await runQuery(
      folder,
      `select current_label, canary_label, sum(pairs)::integer as n from agreement
       where window_start_ms = ${START_MS} group by all order by all`,
    );
    expect(rows).toEqual([
      ['NaN', 'NaN', 502],
      ['NaN', 'late', 11],
      ['late', 'NaN', 37],
      ['late', 'late', 150],
    ]);
  });

  it('gives every view the columns that the database gives it', async () => {
    const views =
      'windows cells drivers_cells skew divergences agreement outcomes verdicts checks drivers rollout_events';
    for (const view of views.split(' ')) {
      const { columns } = await runQuery(folder, `from ${view} limit 0`);
      const described = await onDatabase(`select column_name, column_type from (describe ${view})`);
      expect(columns.map(({ name, type }) => [name, type])).toEqual(described);
    }
  });
});
