import { describe, expect, test } from 'vitest';
import type { PartitionSource, TopicPartition } from '../../../src/pipeline/stream/ports.ts';
import {
  expectNothing,
  newName,
  nextOf,
  offsetsOf,
  readRecords,
  readTo,
  type StreamWorld,
  settle,
  valuesOf,
} from './world.ts';

const numbered = (count: number, first = 0): string[] =>
  Array.from({ length: count }, (_, at) => String(first + at));

export function partitionSourceContract(name: string, world: () => StreamWorld): void {
  const withSource = async (
    partitionCount: number,
    use: (source: PartitionSource, topic: string) => Promise<void>,
  ) => {
    const topic = newName('topic');
    await world().createTopic(topic, partitionCount);
    const source = world().source(newName('group'), [topic], 'member-a');
    try {
      await use(source, topic);
    } finally {
      await source.close();
    }
  };

  const startAt = async (
    source: PartitionSource,
    offset: number | 'earliest' | 'latest',
  ): Promise<readonly TopicPartition[]> => {
    const { partitions } = await nextOf(source, 'assigned');
    await source.resume(partitions.map((at) => ({ ...at, offset })));
    return partitions;
  };

  describe(`a source over ${name}`, () => {
    test('gives every partition to its only member, and says so first', async () => {
      await withSource(3, async (source, topic) => {
        const { partitions } = await nextOf(source, 'assigned');
        expect(partitions).toEqual([0, 1, 2].map((partition) => ({ topic, partition })));
      });
    });

    test('hands out nothing of a partition before it is told where it begins', async () => {
      await withSource(2, async (source, topic) => {
        await world().append({ topic, partition: 0 }, ['a']);
        await world().append({ topic, partition: 1 }, ['b']);
        await nextOf(source, 'assigned');
        await expectNothing(source);
        await source.resume([{ topic, partition: 1, offset: 'earliest' }]);
        expect(valuesOf(await readRecords(source, 1))).toEqual(['b']);
        await expectNothing(source);
      });
    });

    test('hands out records in the order of the log, each with its offset and time', async () => {
      await withSource(1, async (source, topic) => {
        const at = { topic, partition: 0 };
        await world().append(at, numbered(1_500));
        await world().append(at, numbered(500, 1_500));
        await startAt(source, 'earliest');
        const batches = await readTo(source, at, 2_000);
        expect(valuesOf(batches)).toEqual(numbered(2_000));
        expect(offsetsOf(batches)).toEqual(numbered(2_000).map(Number));
        const times = batches.flatMap(({ records }) => records.map((each) => each.timestampMs));
        expect(times).toEqual([...times].sort((a, b) => a - b));
      });
    });

    test('says with each batch where it ends, where the log ended, and when it asked', async () => {
      await withSource(1, async (source, topic) => {
        const at = { topic, partition: 0 };
        await world().append(at, numbered(10));
        await startAt(source, 'earliest');
        const batches = await readTo(source, at, 10);
        for (const batch of batches) {
          expect(batch.nextOffset).toBe((batch.records.at(-1)?.offset ?? Number.NaN) + 1);
          expect(batch.endOffset).toBeGreaterThanOrEqual(batch.nextOffset);
          expect(batch.receivedAtMs).toBeGreaterThanOrEqual(batch.askedAtMs);
        }
        expect(batches.at(-1)?.endOffset).toBe(10);
      });
    });

    test('steps over offsets that no record has, also at the end', async () => {
      await withSource(1, async (source, topic) => {
        const at = { topic, partition: 0 };
        await world().append(at, ['a', 'b'], true);
        await world().append(at, ['c'], true);
        const { ends } = await source.ends([at]);
        const endOffset = ends[0]?.endOffset ?? 0;
        expect(endOffset).toBeGreaterThan(4);
        await startAt(source, 'earliest');
        const batches = await readTo(source, at, endOffset);
        expect(valuesOf(batches)).toEqual(['a', 'b', 'c']);
        expect(batches.at(-1)?.nextOffset).toBe(endOffset);
      });
    });

    test.each([
      ['the earliest', 'earliest', ['a', 'b', 'c', 'd']],
      ['the latest', 'latest', ['d']],
      ['a number', 2, ['c', 'd']],
      ['the end as a number', 3, ['d']],
    ] as const)('reads from %s offset on', async (_, offset, values) => {
      await withSource(1, async (source, topic) => {
        const at = { topic, partition: 0 };
        await world().append(at, ['a', 'b', 'c']);
        await startAt(source, offset);
        await world().append(at, ['d']);
        expect(valuesOf(await readTo(source, at, 4))).toEqual(values);
      });
    });

    test('stops fetching a paused partition and goes on where it stood', async () => {
      await withSource(2, async (source, topic) => {
        const paused = { topic, partition: 0 };
        await startAt(source, 'earliest');
        await world().append(paused, ['a']);
        expect(valuesOf(await readRecords(source, 1))).toEqual(['a']);
        source.setPaused([paused], true);
        await world().append({ topic, partition: 1 }, ['other']);
        expect(valuesOf(await readRecords(source, 1))).toEqual(['other']);
        await world().append(paused, ['b']);
        await expectNothing(source);
        source.setPaused([paused], false);
        expect(valuesOf(await readRecords(source, 1))).toEqual(['b']);
      });
    });

    test('begins again where it is told to within one ownership', async () => {
      await withSource(1, async (source, topic) => {
        const at = { topic, partition: 0 };
        await world().append(at, ['a', 'b', 'c']);
        await startAt(source, 'earliest');
        await readTo(source, at, 3);
        await source.resume([{ ...at, offset: 1 }]);
        expect(valuesOf(await readTo(source, at, 3))).toEqual(['b', 'c']);
      });
    });

    test('tells the ends of its partitions and when it asked', async () => {
      await withSource(2, async (source, topic) => {
        await world().append({ topic, partition: 1 }, ['a', 'b']);
        await nextOf(source, 'assigned');
        const partitions = [0, 1].map((partition) => ({ topic, partition }));
        const { ends, askedAtMs } = await source.ends(partitions);
        expect(ends.toSorted((a, b) => a.partition - b.partition)).toEqual([
          { topic, partition: 0, endOffset: 0 },
          { topic, partition: 1, endOffset: 2 },
        ]);
        expect(askedAtMs).toBeGreaterThan(0);
      });
    });
  });

  describe(`two members over ${name}`, () => {
    test('share the numbers; one number of all topics is with one member', async () => {
      const topics = [newName('left'), newName('right')];
      for (const topic of topics) await world().createTopic(topic, 4);
      const group = newName('group');
      const sources = ['member-a', 'member-b'].map((id) => world().source(group, topics, id));
      const owned = await settle(sources, 8);
      for (const partitions of owned) {
        const numbers = (topic: string | undefined) =>
          partitions.filter((at) => at.topic === topic).map(({ partition }) => partition);
        expect(numbers(topics[0])).toEqual(numbers(topics[1]));
        expect(numbers(topics[0])).toHaveLength(2);
      }
      for (const source of sources) await source.close();
    });

    test('are told that they own nothing before they are told what they own anew', async () => {
      const topic = newName('topic');
      await world().createTopic(topic, 2);
      await world().append({ topic, partition: 0 }, ['a']);
      await world().append({ topic, partition: 1 }, ['b']);
      const group = newName('group');
      const first = world().source(group, [topic], 'member-a');
      await startAt(first, 'earliest');
      await readRecords(first, 2);
      const second = world().source(group, [topic], 'member-b');
      await nextOf(first, 'revoked');
      const [ofFirst, ofSecond] = await settle([first, second], 2);
      expect([ofFirst?.length, ofSecond?.length]).toEqual([1, 1]);
      await second.close();
      await nextOf(first, 'revoked');
      expect((await nextOf(first, 'assigned')).partitions).toHaveLength(2);
      await expectNothing(first);
      await first.close();
    });

    test('keep what they had when a third joins, but for its share', async () => {
      const topic = newName('topic');
      await world().createTopic(topic, 6);
      const group = newName('group');
      const sources = ['member-a', 'member-b'].map((id) => world().source(group, [topic], id));
      const before = await settle(sources, 6);
      sources.push(world().source(group, [topic], 'member-c'));
      const after = await settle(sources, 6);
      for (const [at, partitions] of before.entries()) {
        expect(after[at]).toHaveLength(2);
        for (const kept of after[at] ?? []) expect(partitions).toContainEqual(kept);
      }
      for (const source of sources) await source.close();
    });
  });
}
