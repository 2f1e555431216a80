import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { openStoreReader } from '../../../../src/adapters/duckdb/reader.ts';
import { openDuckDbStore } from '../../../../src/adapters/duckdb/store.ts';
import { CoalmineError } from '../../../../src/core/foundation/error.ts';
import {
  commitOf,
  EMPTY_COMMIT,
  eventOf,
  PROFILE,
  ROLLOUT,
  summaryOf,
  verdictOf,
  windowOf,
} from '../../../contract/fixtures/commit.ts';
import { testFolder } from '../../../contract/fixtures/folder.ts';
import { allWindows } from '../../../contract/fixtures/windows.ts';

async function failure(work: Promise<unknown>): Promise<CoalmineError> {
  const error = await work.then(
    () => null,
    (e: unknown) => e,
  );
  if (!(error instanceof CoalmineError)) throw new Error(`no CoalmineError: ${String(error)}`);
  return error;
}

async function withStore(folder: string, commits: number): Promise<void> {
  const store = await openDuckDbStore({ folder });
  for (let i = 0; i < commits; i++) await store.commit(commitOf(i));
  await store.close();
}

describe('the DuckDB store on disk', () => {
  it('goes on where it was after being reopened', async () => {
    const folder = await testFolder();
    await withStore(folder, 3);
    const store = await openDuckDbStore({ folder });
    expect(await store.loadState()).toBe('{"window":2}');
    await store.commit(commitOf(2));
    await store.commit(commitOf(3));
    const rows = await store.outbox('verdict', 0, 10);
    expect(rows.map((row) => row.number)).toEqual([1, 2, 3, 4]);
    await store.close();
  });

  it('gives windows, profile and verdicts back exactly as they were committed', async () => {
    const folder = await testFolder();
    const odd = windowOf(1);
    const { current, canary } = odd.summary.arms;
    const summary = {
      ...odd.summary,
      arms: {
        current: { ...current, scoreSum: 0.1 + 0.2, samplingFractionMin: Number.NaN },
        canary: { ...canary, scoreSum: -0 },
      },
      paired: { ...odd.summary.paired, differenceSum: 5e-324 },
    };
    const positions = [
      { partition: 0, watermarkMs: Number.NEGATIVE_INFINITY, nextOffset: 0, replayOffset: 0 },
    ];
    const partial = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);
    const store = await openDuckDbStore({ folder });
    await store.commit(commitOf(0));
    await store.commit({ ...EMPTY_COMMIT, windows: [{ ...odd, summary, positions, partial }] });
    await store.close();
    const reader = await openStoreReader(folder);
    const windows = await allWindows(reader);
    expect(windows[0]).toStrictEqual(windowOf(0));
    expect(windows[1]).toStrictEqual({ ...odd, summary, positions, partial });
    expect(await reader.profile('p1')).toStrictEqual(PROFILE);
    expect(await reader.verdict(verdictOf(0).id)).toStrictEqual(verdictOf(0));
    expect(await reader.verdict('unknown')).toBeNull();
    reader.close();
  });

  it('reads a long rollout in pages, in order, up to a time', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    const windows = Array.from({ length: 150 }, (_, i) => windowOf(i));
    await store.commit({ ...EMPTY_COMMIT, windows: windows.toReversed() });
    await store.close();
    const reader = await openStoreReader(folder);
    expect((await allWindows(reader)).map((w) => w.summary.windowStartMs)).toEqual(
      windows.map((w) => w.summary.windowStartMs),
    );
    const before: number[] = [];
    for await (const { summary } of reader.windows(ROLLOUT, summaryOf(3).windowStartMs))
      before.push(summary.windowStartMs);
    expect(before).toEqual([0, 1, 2].map((i) => summaryOf(i).windowStartMs));
    reader.close();
  });

  it('takes records from before all events', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    const fromMs = Number.NEGATIVE_INFINITY;
    const profile = { hash: 'p1', profile: PROFILE, fromMs };
    await store.commit({ ...EMPTY_COMMIT, events: [{ ...eventOf(0), fromMs }], profile });
    await store.publish();
    expect(await store.outbox('event', 0, 1)).toHaveLength(1);
    await store.close();
  });

  it('keeps the first window of an identity', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    await store.commit({ ...EMPTY_COMMIT, windows: [windowOf(0)] });
    const repeat = { ...windowOf(0), stageIndex: 3 };
    const amended = { ...repeat, summary: { ...summaryOf(0), revision: 1 } };
    await store.commit({ ...EMPTY_COMMIT, windows: [repeat, amended, amended] });
    await store.close();
    const reader = await openStoreReader(folder);
    const windows = await allWindows(reader);
    expect(windows.map((w) => [w.summary.revision, w.stageIndex])).toEqual([
      [0, 0],
      [1, 3],
    ]);
    reader.close();
  });

  it('stores nothing of a commit that fails, and takes it again', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    await store.commit(commitOf(0));
    const broken = { ...windowOf(1), summary: { ...summaryOf(1), windowStartMs: 1e300 } };
    const commit = { ...commitOf(1), windows: [windowOf(1), broken] };
    expect((await failure(store.commit(commit))).code).toBe('store_failed');
    const unwritable = { ...commitOf(1), windows: [{ ...windowOf(1), stageIndex: 2 ** 40 }] };
    expect((await failure(store.commit(unwritable))).code).toBe('store_failed');
    expect(await store.loadState()).toBe('{"window":0}');
    expect(await store.outbox('verdict', 0, 10)).toHaveLength(1);
    await store.commit(commitOf(1));
    expect((await store.outbox('verdict', 0, 10)).map((row) => row.number)).toEqual([1, 2]);
    await store.close();
    const reader = await openStoreReader(folder);
    expect(await allWindows(reader)).toStrictEqual([windowOf(0), windowOf(1)]);
    reader.close();
  });

  it('keeps notes about the file', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    expect(await store.readMeta()).toEqual(new Map());
    await store.writeMeta(
      new Map([
        ['rollout', ROLLOUT],
        ['plan', 'd1'],
      ]),
    );
    await store.writeMeta(new Map([['plan', 'd2']]));
    expect(await store.readMeta()).toEqual(
      new Map([
        ['rollout', ROLLOUT],
        ['plan', 'd2'],
      ]),
    );
    await store.close();
  });

  it('stores thousands of dead letters in one commit', async () => {
    const store = await openDuckDbStore({ folder: await testFolder() });
    const [dead] = commitOf(0).deadLetters;
    if (dead === undefined) throw new Error('the fixture has a dead letter');
    const deadLetters = Array.from({ length: 5000 }, (_, sequence) => ({ ...dead, sequence }));
    await store.commit({ ...EMPTY_COMMIT, deadLetters });
    const rows = await store.outbox('dead_letter', 4998, 10);
    expect(rows.map((row) => [row.number, row.id])).toEqual([
      [4999, '4998'],
      [5000, '4999'],
    ]);
    await store.close();
  });
});

describe('opening the DuckDB store', () => {
  it('names the folder that cannot be written', async () => {
    const folder = await testFolder();
    await writeFile(join(folder, 'file'), '');
    const error = await failure(openDuckDbStore({ folder: join(folder, 'file', 'out') }));
    expect(error.code).toBe('output_unwritable');
    expect(error.message).toContain(join(folder, 'file', 'out'));
  });

  it('refuses a second opening in the same process, and allows one after closing', async () => {
    const folder = await testFolder();
    const store = await openDuckDbStore({ folder });
    const error = await failure(openDuckDbStore({ folder: join(folder, '.') }));
    expect(error.code).toBe('store_locked');
    expect(error.message).toContain(`PID ${process.pid}`);
    expect((await failure(openStoreReader(folder))).code).toBe('store_locked');
    await store.close();
    await (await openDuckDbStore({ folder })).close();
  });

  it('refuses a database of a newer migration', async () => {
    const folder = await testFolder();
    await withStore(folder, 1);
    await changeDatabase(
      folder,
      `insert into schema_migrations values (9999, '9999_later.sql', 'x')`,
    );
    const error = await failure(openDuckDbStore({ folder }));
    expect(error.code).toBe('store_newer');
    expect(error.message).toContain('9999_later.sql');
  });

  it('refuses a database whose migration was edited', async () => {
    const folder = await testFolder();
    await withStore(folder, 1);
    await changeDatabase(folder, `update schema_migrations set sha256 = 'other' where version = 1`);
    const error = await failure(openDuckDbStore({ folder }));
    expect(error.code).toBe('store_failed');
    expect(error.message).toContain('0001_store.sql');
  });

  it('says so when the file is no database', async () => {
    const folder = await testFolder();
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'coalmine.duckdb'), 'this is not a database '.repeat(1000));
    const error = await failure(openDuckDbStore({ folder }));
    expect(error.code).toBe('store_failed');
    expect(error.message).toContain('not a valid DuckDB database');
  });

  it('says so when there is nothing to read', async () => {
    expect((await failure(openStoreReader(await testFolder()))).code).toBe('not_found');
  });
});

async function changeDatabase(folder: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(join(folder, 'coalmine.duckdb'));
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}
