import { describe, expect, it } from 'vitest';
import { openDuckDbStore } from '../../src/adapters/duckdb/store.ts';
import { memoryWindowStore } from '../../src/adapters/memory/window-store.ts';
import type { WindowStore } from '../../src/pipeline/ports.ts';
import { commitOf, EMPTY_COMMIT, eventOf, ROLLOUT, verdictOf } from './fixtures/commit.ts';
import { testFolder } from './fixtures/folder.ts';

const stores: readonly (readonly [string, () => Promise<WindowStore>])[] = [
  ['memory', async () => await Promise.resolve(memoryWindowStore())],
  ['DuckDB', async () => await openDuckDbStore({ folder: await testFolder() })],
];

describe.each(stores)('the %s store', (_name, open) => {
  it('has no state before the first commit', async () => {
    const store = await open();
    expect(await store.loadState()).toBeNull();
    expect(await store.outbox('verdict', 0, 10)).toEqual([]);
    await store.close();
  });

  it('gives back the state of the last commit', async () => {
    const store = await open();
    await store.commit(commitOf(0));
    await store.commit({ ...EMPTY_COMMIT, state: '{"text":"\\u0000 é 😀 \' ;"}' });
    expect(await store.loadState()).toBe('{"text":"\\u0000 é 😀 \' ;"}');
    await store.close();
  });

  it('numbers the outbox per kind from 1 without gaps', async () => {
    const store = await open();
    await store.commit({ ...EMPTY_COMMIT, verdicts: [verdictOf(0), verdictOf(1)] });
    await store.commit({ ...EMPTY_COMMIT, verdicts: [verdictOf(2)], events: [eventOf(0)] });
    const verdicts = await store.outbox('verdict', 0, 10);
    expect(verdicts.map((row) => row.number)).toEqual([1, 2, 3]);
    expect(verdicts.map((row) => row.id)).toEqual([0, 1, 2].map((i) => verdictOf(i).id));
    expect((await store.outbox('event', 0, 10)).map((row) => row.number)).toEqual([1]);
    expect(await store.outbox('notification', 0, 10)).toEqual([]);
    await store.close();
  });

  it('gives the rows after a number, oldest first, up to the limit', async () => {
    const store = await open();
    for (let i = 0; i < 5; i++) await store.commit(commitOf(i));
    const rows = await store.outbox('verdict', 2, 2);
    expect(rows.map((row) => [row.kind, row.number])).toEqual([
      ['verdict', 3],
      ['verdict', 4],
    ]);
    await store.close();
  });

  it('holds whole records in the bodies', async () => {
    const store = await open();
    await store.commit(commitOf(5));
    const [verdict] = await store.outbox('verdict', 0, 1);
    expect(JSON.parse(verdict?.body ?? '')).toEqual(verdictOf(5));
    const [letter] = await store.outbox('dead_letter', 0, 1);
    expect(JSON.parse(letter?.body ?? '')).toEqual({
      sequence: 1005,
      ...commitOf(5).deadLetters[0]?.letter,
    });
    await store.close();
  });

  it('ignores a verdict, event, notification or dead letter that comes again', async () => {
    const store = await open();
    await store.commit(commitOf(5));
    const again = commitOf(5);
    const changed = again.verdicts.map((verdict) => ({ ...verdict, reason: 'another' }));
    await store.commit({ ...again, verdicts: [...changed, verdictOf(6), verdictOf(6)] });
    const verdicts = await store.outbox('verdict', 0, 10);
    expect(verdicts.map((row) => [row.number, row.id])).toEqual([
      [1, verdictOf(5).id],
      [2, `v-${ROLLOUT}-6`],
    ]);
    expect(JSON.parse(verdicts[0]?.body ?? '')).toEqual(verdictOf(5));
    expect(await store.outbox('notification', 0, 10)).toHaveLength(1);
    expect(await store.outbox('dead_letter', 0, 10)).toHaveLength(1);
    await store.close();
  });

  it('stores a commit without rows, for its state', async () => {
    const store = await open();
    await store.commit({ ...EMPTY_COMMIT, state: '{"position":7}' });
    expect(await store.loadState()).toBe('{"position":7}');
    await store.close();
  });

  it('takes commits that are not awaited one after the other', async () => {
    const store = await open();
    await Promise.all([commitOf(0), commitOf(1), commitOf(2)].map((c) => store.commit(c)));
    expect((await store.outbox('verdict', 0, 10)).map((row) => row.number)).toEqual([1, 2, 3]);
    expect(await store.loadState()).toBe('{"window":2}');
    await store.close();
  });
});
