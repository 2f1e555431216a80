import { CompressionTypes } from 'kafkajs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type KafkaClient, kafkaClient } from '../../../../src/adapters/kafka/connect.ts';
import { kafkaSource } from '../../../../src/adapters/kafka/source.ts';
import { createTopics, describeTopics } from '../../../../src/adapters/kafka/topics.ts';
import { kafkaWriter } from '../../../../src/adapters/kafka/writer.ts';
import { bytesOf, newName, nextOf, readRecords, valuesOf } from '../../../contract/stream/world.ts';
import { hasBroker, testBroker } from '../../../support/broker/test-broker.ts';
import { CLOCK, clientFor, createTopic, settingsFor } from './world.ts';

describe.runIf(hasBroker)('writing to Kafka', () => {
  let client: KafkaClient;
  beforeAll(async () => {
    client = await clientFor((await testBroker()).brokers);
  });

  test.each([
    ['gzip', CompressionTypes.GZIP],
    ['snappy', CompressionTypes.Snappy],
    ['lz4', CompressionTypes.LZ4],
    ['zstd', CompressionTypes.ZSTD],
  ] as const)('writes and reads %s', async (name, compression) => {
    const ways = [
      { written: compression, stored: 'producer' },
      // The broker unpacks what is ours, and packs what we read.
      { written: compression, stored: 'uncompressed' },
      { written: CompressionTypes.None, stored: name },
    ] as const;
    for (const { written, stored } of ways) {
      const topic = newName(`packed-${name}`);
      const configs = { 'compression.type': stored };
      await createTopic(client, topic, { partitionCount: 1, configs });
      const writer = kafkaWriter(client, { compression: written });
      const values = Array.from({ length: 3_000 }, (_, at) => `${at} `.repeat(20));
      await writer.send(
        topic,
        values.map((value) => ({ key: 'k', value: bytesOf(value) })),
      );
      await writer.close();
      const source = kafkaSource(client, {
        group: newName('group'),
        topics: [topic],
        clock: CLOCK,
      });
      await nextOf(source, 'assigned');
      await source.resume([{ topic, partition: 0, offset: 'earliest' }]);
      expect(valuesOf(await readRecords(source, values.length))).toEqual(values);
      await source.close();
    }
  });

  test('says which topic refuses a record that is too large, and how large it is', async () => {
    const topic = newName('small');
    await createTopic(client, topic, {
      partitionCount: 1,
      configs: { 'max.message.bytes': '10000' },
    });
    const writer = kafkaWriter(client);
    const value = new Uint8Array(20_000).fill(7);
    await expect(writer.send(topic, [{ key: 'k', value }])).rejects.toMatchObject({
      code: 'broker_refused',
      message: `${topic}: the broker refuses a record of 20000 bytes, which is more than it takes at once`,
    });
    expect(await writer.send(topic, [{ key: 'k', value: value.subarray(0, 100) }])).toEqual({
      firstOffset: 0,
    });
    await writer.close();
  });

  test('says that a topic does not exist', async () => {
    const impatient = { ...client, firstAnswerMsMax: 1_000 };
    const writer = kafkaWriter(impatient);
    const topic = newName('missing');
    await expect(writer.send(topic, [{ key: 'k', value: null }])).rejects.toMatchObject({
      code: 'topic_invalid',
      message: `writing to ${topic}: the broker has no such topic`,
    });
    await writer.close();
    const source = kafkaSource(impatient, {
      group: newName('group'),
      topics: [topic],
      clock: CLOCK,
    });
    await expect(nextOf(source, 'assigned')).rejects.toMatchObject({ code: 'topic_invalid' });
    await source.close();
  });
});

describe.runIf(hasBroker)('topics of Kafka', () => {
  test('are created once, with their configs, and described', async () => {
    const client = await clientFor((await testBroker()).brokers);
    const name = newName('described');
    const topic = {
      name,
      partitionCount: 3,
      replicationFactor: 1,
      configs: {
        'cleanup.policy': 'compact',
        'retention.ms': '-1',
        'message.timestamp.type': 'LogAppendTime',
        'max.message.bytes': '2000000',
      },
    };
    expect(await createTopics(client, [topic])).toEqual([name]);
    expect(await createTopics(client, [topic])).toEqual([]);
    expect(await describeTopics(client, [name, newName('missing')])).toEqual(
      new Map([
        [
          name,
          {
            name,
            partitionCount: 3,
            replicationFactor: 1,
            cleanupPolicy: 'compact',
            retentionMs: -1,
            timestampType: 'LogAppendTime',
            messageBytesMax: 2_000_000,
          },
        ],
      ]),
    );
  });

  test('that the broker refuses are an error that says why', async () => {
    const client = await clientFor((await testBroker()).brokers);
    const topic = {
      name: newName('refused'),
      partitionCount: 1,
      replicationFactor: 99,
      configs: {},
    };
    await expect(createTopics(client, [topic])).rejects.toMatchObject({
      code: 'broker_refused',
      message: expect.stringContaining(topic.name),
    });
  });
});

describe('a broker that does not answer', () => {
  test('is an error after the time that the caller gave it', async () => {
    const settings = { ...settingsFor(['127.0.0.1:1']), connectionTimeoutMs: 200 };
    const client = await kafkaClient(settings, { log: () => {}, firstAnswerMsMax: 300 });
    const unavailable = { code: 'broker_unavailable' };
    await expect(describeTopics(client, ['t'])).rejects.toMatchObject(unavailable);
    const writer = kafkaWriter(client);
    await expect(writer.send('t', [{ key: 'k', value: null }])).rejects.toMatchObject(unavailable);
    await writer.close();
    const source = kafkaSource(client, { group: 'g', topics: ['t'], clock: CLOCK });
    await expect(nextOf(source, 'assigned')).rejects.toMatchObject(unavailable);
    await source.close();
  });
});
