import { describe, expect, test } from 'vitest';
import type { RawBatch, RawRecord } from '../../../src/pipeline/stream/ports.ts';
import { bytesOf, newName, nextOf, readRecords, type StreamWorld, textOf } from './world.ts';

/** Keys and the partitions of seven that Java's default partitioner gives them. */
const PARTITION_OF_KEY = [
  ['21', (-973932308 & 0x7fffffff) % 7],
  ['foobar', (-790332482 & 0x7fffffff) % 7],
  ['a-little-bit-long-string', (-985981536 & 0x7fffffff) % 7],
  ['abc', 479470107 % 7],
] as const;

export function topicWriterContract(name: string, world: () => StreamWorld): void {
  const readAll = async (topic: string, count: number): Promise<readonly RawBatch[]> => {
    const source = world().source(newName('group'), [topic], 'reader');
    const { partitions } = await nextOf(source, 'assigned');
    await source.resume(partitions.map((at) => ({ ...at, offset: 'earliest' })));
    const batches = await readRecords(source, count);
    await source.close();
    return batches;
  };
  const recordsOf = async (topic: string, count: number): Promise<readonly RawRecord[]> =>
    (await readAll(topic, count)).flatMap(({ records }) => records);

  describe(`a writer over ${name}`, () => {
    test('appends in order and tells the offset of the first', async () => {
      const topic = newName('topic');
      await world().createTopic(topic, 1);
      const writer = world().writer();
      const sent = await Promise.all(
        ['a', 'b', 'c'].map((prefix) =>
          writer.send(
            topic,
            Array.from({ length: 3 }, (_, at) => ({ key: 'k', value: bytesOf(`${prefix}${at}`) })),
          ),
        ),
      );
      expect(sent.map(({ firstOffset }) => firstOffset)).toEqual([0, 3, 6]);
      const values = (await recordsOf(topic, 9)).map(({ value }) => textOf(value));
      expect(values).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'b2', 'c0', 'c1', 'c2']);
      await writer.close();
    });

    test('lets the key decide on the partition, as Java does', async () => {
      const topic = newName('topic');
      await world().createTopic(topic, 7);
      const writer = world().writer();
      const records = PARTITION_OF_KEY.map(([key]) => ({ key, value: bytesOf('x') }));
      await writer.send(topic, records);
      const found = (await readAll(topic, records.length)).flatMap(({ partition, records: read }) =>
        read.map(({ key }) => [textOf(key), partition] as const),
      );
      expect(new Map(found)).toEqual(new Map(PARTITION_OF_KEY));
      await writer.close();
    });

    test('writes to the partition that is asked for, and tells the first offset there', async () => {
      const topic = newName('topic');
      await world().createTopic(topic, 3);
      const writer = world().writer();
      await writer.send(topic, [{ key: 'k', value: bytesOf('a'), partition: 2 }]);
      const { firstOffset } = await writer.send(topic, [
        { key: 'k', value: bytesOf('b'), partition: 2 },
        { key: 'k', value: bytesOf('c'), partition: 0 },
      ]);
      expect(firstOffset).toBe(1);
      const batches = await readAll(topic, 3);
      expect(batches.map(({ partition }) => partition).filter((each) => each === 1)).toEqual([]);
      await writer.close();
    });

    test('carries headers, keys beyond ASCII, tombstones and empty values', async () => {
      const topic = newName('topic');
      await world().createTopic(topic, 1);
      const writer = world().writer();
      await writer.send(topic, [
        { key: 'schlüssel', value: bytesOf('v'), headers: { epoch: '7', ort: 'Köln' } },
        { key: 'k', value: null },
        { key: 'k', value: new Uint8Array(0) },
      ]);
      const [first, second, third] = await recordsOf(topic, 3);
      expect(first?.headers).toEqual({ epoch: '7', ort: 'Köln' });
      expect(textOf(first?.key ?? null)).toBe('schlüssel');
      expect([second?.value, third?.value?.length]).toEqual([null, 0]);
      expect(second?.headers).toEqual({});
      await writer.close();
    });

    test('writes more in one go than a request may hold', async () => {
      const topic = newName('topic');
      await world().createTopic(topic, 1);
      const writer = world().writer();
      const value = new Uint8Array(100_000);
      const records = Array.from({ length: 30 }, (_, at) => ({ key: String(at), value }));
      expect(await writer.send(topic, records)).toEqual({ firstOffset: 0 });
      const keys = (await recordsOf(topic, 30)).map(({ key }) => textOf(key));
      expect(keys).toEqual(records.map(({ key }) => key));
      await writer.close();
    });
  });
}
