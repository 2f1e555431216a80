import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runQuery } from '../../../../src/adapters/duckdb/query.ts';
import { openDuckDbStore } from '../../../../src/adapters/duckdb/store.ts';
import { commitOf, EMPTY_COMMIT, summaryOf, windowOf } from '../../../contract/fixtures/commit.ts';
import { testFolder } from '../../../contract/fixtures/folder.ts';

async function answer(folder: string, sql: string): Promise<unknown[][]> {
  return (await runQuery(folder, sql)).rows.map((row) => [...row]);
}

describe('publishing to Parquet', () => {
  it('lets other readers see closed windows while the store is open', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    for (let i = 0; i < 4; i++) await store.commit(commitOf(i));
    await store.publish();
    const sql = `select window_start::varchar, matched, current_score_sum, flip_up_rate from windows
      order by window_start limit 1`;
    const { current } = summaryOf(0).arms;
    const expected = ['2001-04-11 05:00:00', 700, current.scoreSum, 11 / 700];
    expect(await answer(folder, sql)).toEqual([expected]);
    await store.close();
  });

  it('writes only what is new, and nothing when nothing is', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    for (let i = 0; i < 20; i++) await store.commit(commitOf(i));
    expect((await store.publish()).length).toBeGreaterThan(10);
    expect(await store.publish()).toEqual([]);
    await store.commit(commitOf(20));
    const later = await store.publish();
    expect(later.filter((file) => file.includes('/20010411T0000'))).toEqual([]);
    expect(later).toContain(
      join(folder, 'parquet/windows/rollout=flights-v2.1/20010412T0000-20010413T0000.parquet'),
    );
    expect(
      await answer(folder, 'select count(*), count(distinct window_start_ms) from windows'),
    ).toEqual([[21, 21]]);
    await store.close();
  });

  it('replaces the files of a group that an amendment changed', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    for (let i = 0; i < 30; i++) await store.commit(commitOf(i));
    await store.publish();
    const amended = { ...windowOf(0), summary: { ...summaryOf(0), revision: 1 } };
    await store.commit({ ...EMPTY_COMMIT, windows: [amended] });
    expect((await store.publish()).filter((file) => file.includes('20010412T0000-'))).toEqual([]);
    const sql = 'select revision, count(*) from windows group by revision order by revision';
    expect(await answer(folder, sql)).toEqual([
      [0, 30],
      [1, 1],
    ]);
    await store.close();
  });

  it('overwrites the files of an earlier run in the same folder', async () => {
    const folder = await testFolder();
    for (const cadence of [5, 7]) {
      await rm(join(folder, 'coalmine.duckdb'), { force: true });
      const store = await openDuckDbStore({ folder });
      for (let i = 0; i < 30; i++) {
        await store.commit(commitOf(i));
        if (i % cadence === 0) await store.publish();
      }
      await store.publish();
      await store.close();
    }
    const files = `read_parquet('${folder}/parquet/cells/*/*.parquet')`;
    const sql = `select count(*), count(distinct (window_start_ms, field, cell)) from ${files}`;
    expect(await answer(folder, sql)).toEqual([[360, 360]]);
  });

  it('goes on publishing after being reopened', async () => {
    const folder = await testFolder();
    for (let i = 0; i < 3; i++) {
      const store = await openDuckDbStore({ folder });
      await store.commit(commitOf(i));
      if (i !== 1) await store.publish();
      await store.close();
    }
    expect(await answer(folder, 'select count(*) from windows')).toEqual([[3]]);
    expect(await answer(folder, 'select count(*) from verdicts')).toEqual([[3]]);
  });

  it('restores a ledger file that a crash or a hand removed', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    await store.commit(commitOf(0));
    await store.publish();
    const ledger = join(folder, 'parquet/ledger.json');
    const text = await readFile(ledger, 'utf8');
    await rm(ledger);
    expect(await store.publish()).toEqual([ledger]);
    expect(await readFile(ledger, 'utf8')).toBe(text);
    await store.close();
  });

  it('groups windows of a minute by the hour', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    const minute = { ...summaryOf(0), windowEndMs: summaryOf(0).windowStartMs + 60_000 };
    await store.commit({ ...EMPTY_COMMIT, windows: [{ ...windowOf(0), summary: minute }] });
    expect((await store.publish()).filter((file) => file.includes('/windows/'))).toEqual([
      join(folder, 'parquet/windows/rollout=flights-v2.1/20010411T0500-20010411T0600.parquet'),
    ]);
    await store.close();
  });

  it('publishes more groups at once than files may be open', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    const windows = Array.from({ length: 130 }, (_, day) => windowOf(day * 24));
    await store.commit({ ...EMPTY_COMMIT, windows });
    const files = (await store.publish()).filter((file) => file.includes('/cells/'));
    expect(files).toHaveLength(130);
    const sql = 'select count(*), count(distinct window_start_ms) from cells';
    expect(await answer(folder, sql)).toEqual([[130 * 12, 130]]);
    await store.close();
  });

  it('takes cells and outcomes out of every window once, however many there are', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    for (let i = 0; i < 200; i++) {
      await store.commit({ ...EMPTY_COMMIT, windows: [windowOf(i)] });
      if (i === 20) await store.publish();
    }
    await store.publish();
    const count = 'select count(*), count(distinct window_start_ms) from';
    expect(await answer(folder, `${count} cells`)).toEqual([[200 * 12, 200]]);
    expect(await answer(folder, `${count} outcomes`)).toEqual([[197, 197]]);
    await store.close();
  });

  it('publishes beside commits that go on', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    await store.commit(commitOf(0));
    const publishing = store.publish();
    await store.commit(commitOf(1));
    await Promise.all([publishing, store.publish(), store.commit(commitOf(2))]);
    await store.publish();
    expect(await answer(folder, 'select count(*) from windows')).toEqual([[3]]);
    await store.close();
  });
});

describe('asking the published views', () => {
  it('says so when nothing is published', async () => {
    await expect(runQuery(await testFolder(), 'select 1')).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('gives the words of DuckDB for wrong SQL, and the names of the views', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    await store.publish();
    await store.close();
    await expect(runQuery(folder, 'select nothing from windows')).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('nothing'),
    });
  });

  it('knows all views and columns before there is a row', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    await store.publish();
    await store.close();
    for (const view of ['windows', 'cells', 'verdicts', 'checks', 'outcomes', 'pairs'])
      expect(await answer(folder, `select count(*) from ${view}`)).toEqual([[0]]);
  });

  it('gives values as JSON can hold them', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    await store.publish();
    await store.close();
    const result = await runQuery(
      folder,
      `select 1::bigint a, 9007199254740993::bigint b, timestamp '2001-04-11 05:00:00' c,
         'nan'::double d, [1::bigint, null] e, {x: 1::bigint} f, 0.1::double g, 1.25::decimal(5, 2) h`,
    );
    expect(result.columns.map((column) => column.name).join('')).toBe('abcdefgh');
    expect(result.rows).toEqual([
      [1, '9007199254740993', '2001-04-11T05:00:00.000Z', 'NaN', [1, null], { x: 1 }, 0.1, 1.25],
    ]);
  });
});
