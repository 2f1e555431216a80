import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { KafkaClient } from '../../../../src/adapters/kafka/connect.ts';
import { kafkaSource } from '../../../../src/adapters/kafka/source.ts';
import type { PartitionSource, TopicPartition } from '../../../../src/pipeline/stream/ports.ts';
import {
  expectNothing,
  newName,
  nextOf,
  offsetsOf,
  readRecords,
  readTo,
  valuesOf,
} from '../../../contract/stream/world.ts';
import { hasBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { appendTo, CLOCK, clientFor, createTopic } from './world.ts';

describe.runIf(hasBroker)('reading from Kafka', () => {
  let client: KafkaClient;
  beforeAll(async () => {
    client = await clientFor((await testBroker()).brokers);
  });

  const withSource = async (
    options: { readonly queuedBytesMax?: number; readonly partitionBytesMax?: number },
    use: (source: PartitionSource, at: TopicPartition) => Promise<void>,
  ) => {
    const topic = newName('topic');
    await createTopic(client, topic, { partitionCount: 1 });
    const group = newName('group');
    const source = kafkaSource(client, { group, topics: [topic], clock: CLOCK, ...options });
    try {
      await nextOf(source, 'assigned');
      await use(source, { topic, partition: 0 });
    } finally {
      await source.close();
    }
  };
  const append = (at: TopicPartition, values: readonly string[]) =>
    appendTo(client, at, { values, gapAfter: false });
  const deleteBefore = async ({ topic, partition }: TopicPartition, offset: number) => {
    const admin = client.kafka.admin();
    await admin.connect();
    // kafkajs deletes only where it has asked something before.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
    await admin.disconnect();
  };

  test('begins at what is left where records were deleted', async () => {
    await withSource({}, async (source, at) => {
      await append(at, ['a', 'b', 'c', 'd']);
      await deleteBefore(at, 2);
      await source.resume([{ ...at, offset: 0 }]);
      expect(offsetsOf(await readTo(source, at, 4))).toEqual([2, 3]);
    });
  });

  test('goes on at what is left where retention overtakes it', async () => {
    await withSource({}, async (source, at) => {
      await append(at, ['a']);
      await source.resume([{ ...at, offset: 0 }]);
      await readTo(source, at, 1);
      source.setPaused([at], true);
      await append(at, ['b', 'c', 'd']);
      await deleteBefore(at, 3);
      source.setPaused([at], false);
      expect(offsetsOf(await readTo(source, at, 4))).toEqual([3]);
    });
  });

  test('refuses to begin behind the end: the topic is not the one of before', async () => {
    await withSource({}, async (source, at) => {
      await append(at, ['a']);
      await expect(source.resume([{ ...at, offset: 500 }])).rejects.toMatchObject({
        code: 'topic_invalid',
        message: `${at.topic}, partition 0 ends at 1, but was read to 500 before`,
      });
    });
  });

  test('tells the end of the log while a transaction is open, and hands out nothing of it', async () => {
    await withSource({}, async (source, at) => {
      const producer = client.kafka.producer({
        transactionalId: randomUUID(),
        idempotent: true,
        maxInFlightRequests: 1,
      });
      await producer.connect();
      const transaction = await producer.transaction();
      const messages = ['a', 'b'].map((value) => ({ key: null, value, partition: 0 }));
      await transaction.send({ topic: at.topic, messages });
      await source.resume([{ ...at, offset: 'earliest' }]);
      expect((await source.ends([at])).ends[0]?.endOffset).toBe(2);
      await expectNothing(source);
      await transaction.commit();
      const batches = await readTo(source, at, 3);
      expect(valuesOf(batches)).toEqual(['a', 'b']);
      await producer.disconnect();
    });
  });

  test('keeps its membership while nobody polls and its queue is full', async () => {
    await withSource({ queuedBytesMax: 1, partitionBytesMax: 1 }, async (source, at) => {
      const values = Array.from({ length: 20 }, (_, each) => String(each));
      for (const value of values) await append(at, [value]);
      await source.resume([{ ...at, offset: 'earliest' }]);
      // A member that does not beat is thrown out, and this test's session is as short as it can be.
      const other = kafkaSource(client, {
        group: newName('group'),
        topics: [at.topic],
        clock: CLOCK,
      });
      await nextOf(other, 'assigned');
      await other.resume([{ ...at, offset: 'earliest' }]);
      await readRecords(other, 20);
      for (let polls = 0; polls < 16; polls += 1) await other.poll(500);
      await other.close();
      expect(valuesOf(await readRecords(source, 20))).toEqual(values);
    });
  });
});
