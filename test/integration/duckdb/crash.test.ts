import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runQuery } from '../../../src/adapters/duckdb/query.ts';
import { openStoreReader, type StoreReader } from '../../../src/adapters/duckdb/reader.ts';
import { openDuckDbStore } from '../../../src/adapters/duckdb/store.ts';
import { openJsonLinesSink } from '../../../src/adapters/files/json-lines-sink.ts';
import { OUTBOX_KINDS } from '../../../src/pipeline/outbox.ts';
import { commitOf, verdictOf, windowOf } from '../../contract/fixtures/commit.ts';
import { testFolder } from '../../contract/fixtures/folder.ts';
import { allWindows } from '../../contract/fixtures/windows.ts';

const CHILD = fileURLToPath(new URL('./committing.ts', import.meta.url));

function start(folder: string): ChildProcess {
  return spawn(process.execPath, [CHILD, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Lets a child commit until it has said so many lines, then kills it; gives its last line. */
async function killAfter(folder: string, lineCount: number): Promise<string> {
  const child = start(folder);
  if (child.stdout === null) throw new Error('the child has a stdout');
  const closed = once(child, 'close');
  let last = '';
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    seen += 1;
    if (seen === lineCount) child.kill('SIGKILL');
  }
  await closed;
  return last;
}

/** Everything that one commit stores is there, for each commit up to the state's, and nothing else. */
async function expectWhole(reader: StoreReader, last: number): Promise<void> {
  const all = Array.from({ length: last + 1 }, (_, i) => i);
  const windows = await allWindows(reader);
  expect(windows).toStrictEqual(all.map((i) => windowOf(i)));
  const verdicts = await reader.bodies('verdict');
  expect(verdicts).toEqual(all.map((i) => JSON.stringify(verdictOf(i))));
  const letters = await reader.bodies('dead_letter');
  expect(letters).toHaveLength(all.length);
  expect(await reader.bodies('notification')).toHaveLength(last >= 5 ? 1 : 0);
  expect(await reader.bodies('event')).toHaveLength(1);
}

describe('a store whose process is killed', () => {
  it('holds whole commits only, and its state is the last that was told or the one after', async () => {
    const folder = await testFolder();
    for (let kill = 0; kill < 10; kill++) {
      const told = Number(await killAfter(folder, 2 + ((kill * 5) % 13)));
      const reader = await openStoreReader(folder);
      const stored = Number(/\d+/.exec((await reader.state()) ?? '')?.[0]);
      expect(stored - told).toBeGreaterThanOrEqual(0);
      expect(stored - told).toBeLessThanOrEqual(1);
      await expectWhole(reader, stored);
      reader.close();
    }
  });

  it('goes on numbering its outbox without a gap, and publishes every window once', async () => {
    const folder = await testFolder();
    for (const lines of [9, 16, 5]) await killAfter(folder, lines);
    const store = await openDuckDbStore({ folder });
    const last = Number(/\d+/.exec((await store.loadState()) ?? '')?.[0]);
    await store.commit(commitOf(last));
    await store.commit(commitOf(last + 1));
    for (const kind of OUTBOX_KINDS) {
      const rows = await store.outbox(kind, 0, 1000);
      expect(rows.map((row) => row.number)).toEqual(rows.map((_, i) => i + 1));
    }
    await store.publish();
    const sql = 'select count(*), count(distinct window_start_ms) from windows';
    expect((await runQuery(folder, sql)).rows).toEqual([[last + 2, last + 2]]);
    const sink = await openJsonLinesSink(join(folder, 'verdicts.jsonl'));
    await sink.append(await store.outbox('verdict', await sink.lastNumber(), 1000));
    expect(await sink.lastNumber()).toBe(last + 2);
    await sink.close();
    await store.close();
  });
});

describe('a store that another process has open', () => {
  it('is refused with the process that has it, and its published files can be read', async () => {
    const folder = await testFolder();
    const child = start(folder);
    if (child.stdout === null) throw new Error('the child has a stdout');
    const closed = once(child, 'close');
    for await (const line of createInterface({ input: child.stdout })) if (line === '8') break;
    await expect(openDuckDbStore({ folder })).rejects.toMatchObject({
      code: 'store_locked',
      message: expect.stringContaining(`PID ${child.pid}`),
    });
    await expect(openStoreReader(folder)).rejects.toMatchObject({ code: 'store_locked' });
    const { rows } = await runQuery(folder, 'select count(*) from windows');
    expect(Number(rows[0]?.[0])).toBeGreaterThanOrEqual(7);
    child.kill('SIGKILL');
    await closed;
    await (await openDuckDbStore({ folder })).close();
  });
});
