import { describe, expect, test } from 'vitest';
import type { TopicTable, TopicWriter } from '../../../src/pipeline/stream/ports.ts';
import { bytesOf, newName, type StreamWorld, textOf } from './world.ts';

export function topicTableContract(name: string, world: () => StreamWorld): void {
  const withTable = async (
    use: (
      table: TopicTable,
      put: (key: string, value: string | null) => Promise<void>,
    ) => Promise<void>,
  ) => {
    const topic = newName('table');
    await world().createTable(topic, 3);
    const table = world().table(topic);
    const writer: TopicWriter = world().writer();
    try {
      await use(table, async (key, value) => {
        await writer.send(topic, [{ key, value: value === null ? null : bytesOf(value) }]);
      });
    } finally {
      await table.close();
      await writer.close();
    }
  };
  const contentOf = (table: TopicTable) =>
    Object.fromEntries([...table.entries()].map(([key, value]) => [key, textOf(value)]));

  describe(`a table over ${name}`, () => {
    test('is empty over an empty topic', async () => {
      await withTable(async (table) => {
        await table.refresh();
        expect([contentOf(table), table.get('a'), table.version]).toEqual([{}, null, 0]);
      });
    });

    test('has the latest value of each key as of the refresh', async () => {
      await withTable(async (table, put) => {
        await put('a', '1');
        await put('b', '1');
        await put('a', '2');
        await table.refresh();
        expect(contentOf(table)).toEqual({ a: '2', b: '1' });
        await put('b', '2');
        expect(textOf(table.get('b'))).toBe('1');
        await table.refresh();
        expect(textOf(table.get('b'))).toBe('2');
      });
    });

    test('forgets a key at its tombstone, and knows it again after it', async () => {
      await withTable(async (table, put) => {
        await put('a', '1');
        await put('a', null);
        await put('b', '1');
        await table.refresh();
        expect(contentOf(table)).toEqual({ b: '1' });
        await put('a', '3');
        await table.refresh();
        expect(contentOf(table)).toEqual({ a: '3', b: '1' });
      });
    });

    test('counts every record read, and none twice', async () => {
      await withTable(async (table, put) => {
        await put('a', '1');
        await put('b', '1');
        await put('c', null);
        await table.refresh();
        expect(table.version).toBe(3);
        await table.refresh();
        expect(table.version).toBe(3);
        await put('a', '1');
        await table.refresh();
        expect(table.version).toBe(4);
      });
    });
  });
}
