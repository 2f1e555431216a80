import { describe, expect, test } from 'vitest';
import { memoryBroker } from '../../../src/adapters/memory/broker/broker.ts';
import { partitionSourceContract } from './partition-source.ts';
import { topicTableContract } from './topic-table.ts';
import { topicWriterContract } from './topic-writer.ts';
import { expectNothing, nextOf, readRecords, type StreamWorld, valuesOf } from './world.ts';

function open(): StreamWorld {
  let nowMs = 1_000;
  const broker = memoryBroker({ nowMs: () => (nowMs += 1), batchRecordsMax: 300 });
  const createTopic = async (topic: string, partitionCount: number) => {
    broker.createTopic(topic, partitionCount);
  };
  return {
    createTopic,
    createTable: createTopic,
    append: async ({ topic, partition }, values, gapAfter = false) => {
      const encoder = new TextEncoder();
      const records = values.map((value) => ({ key: null, value: encoder.encode(value) }));
      broker.append(topic, partition, records);
      if (gapAfter) broker.leaveGap(topic, partition, 2);
    },
    source: (group, topics, memberId) => broker.source(group, topics, memberId),
    writer: () => broker.writer(),
    table: (topic) => broker.table(topic),
  };
}

const world = open();
partitionSourceContract('memory', () => world);
topicWriterContract('memory', () => world);
topicTableContract('memory', () => world);

describe('the memory broker, for simulations', () => {
  const ones = [{ key: null, value: new Uint8Array([1]) }];
  const start = (rebalancing: 'automatic' | 'manual') => {
    const broker = memoryBroker({ nowMs: () => 5, rebalancing });
    broker.createTopic('t', 2);
    return broker;
  };

  test('changes owners only when it is told to, where that is asked for', async () => {
    const broker = start('manual');
    const [a, b] = ['a', 'b'].map((id) => broker.source('g', ['t'], id));
    if (a === undefined || b === undefined) throw new Error('two sources');
    await expectNothing(a);
    broker.assign('g', new Map([['a', [0, 1]]]));
    expect((await nextOf(a, 'assigned')).partitions).toHaveLength(2);
    expect((await nextOf(b, 'assigned')).partitions).toEqual([]);
    broker.rebalance('g');
    await nextOf(a, 'revoked');
    expect((await nextOf(a, 'assigned')).partitions).toHaveLength(1);
  });

  test('tells an ejected member so, then lets it join again', async () => {
    const broker = start('automatic');
    const a = broker.source('g', ['t'], 'a');
    await nextOf(a, 'assigned');
    broker.eject('a');
    await nextOf(a, 'revoked');
    expect((await nextOf(a, 'assigned')).partitions).toHaveLength(2);
  });

  test('gives the share of an ejected member to the others before it hears of it', async () => {
    const broker = start('automatic');
    const a = broker.source('g', ['t'], 'a');
    const b = broker.source('g', ['t'], 'b');
    broker.append('t', 0, ones);
    broker.append('t', 1, ones);
    await nextOf(a, 'assigned');
    await nextOf(b, 'assigned');
    broker.eject('a');
    await nextOf(b, 'revoked');
    const { partitions } = await nextOf(b, 'assigned');
    await b.resume(partitions.map((at) => ({ ...at, offset: 'earliest' })));
    expect(valuesOf(await readRecords(b, 2))).toHaveLength(2);
    await a.resume([{ topic: 't', partition: 0, offset: 'earliest' }]);
    await nextOf(a, 'revoked');
  });

  test('ends a member for good whose id joins anew', async () => {
    const broker = start('automatic');
    const old = broker.source('g', ['t'], 'a');
    await nextOf(old, 'assigned');
    const fresh = broker.source('g', ['t'], 'a');
    expect((await nextOf(fresh, 'assigned')).partitions).toHaveLength(2);
    await nextOf(old, 'revoked');
    await expectNothing(old);
  });

  test('cuts batches where it is told to', async () => {
    const broker = start('automatic');
    const a = broker.source('g', ['t'], 'a');
    broker.append('t', 0, [...ones, ...ones, ...ones]);
    broker.setBatchRecordsMax(2);
    const { partitions } = await nextOf(a, 'assigned');
    await a.resume(partitions.map((at) => ({ ...at, offset: 0 })));
    const batches = await readRecords(a, 3);
    expect(batches.map(({ records, nextOffset }) => [records.length, nextOffset])).toEqual([
      [2, 2],
      [1, 3],
    ]);
  });
});
