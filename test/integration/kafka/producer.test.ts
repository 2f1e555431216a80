import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import type { Kafka } from 'kafkajs';
import { beforeAll, describe, expect, it } from 'vitest';
import { partitionOfKey } from '../../../src/adapters/memory/broker/partition-of-key.ts';
import { createProducer } from '../../../src/producer/producer.ts';
import { hasBroker, type TestBroker, testBroker } from '../../support/broker/test-broker.ts';
import { bystander, createTopics, readRecords, topicName } from '../../support/kafka-topics.ts';

const PARTITION_COUNT = 4;
const TIME_MS = Date.UTC(2026, 10, 20, 10);

function predictionOf(i: number, version: string) {
  return {
    request_id: `anfrage-ü-${i}`,
    model: 'fraud',
    version,
    event_time: TIME_MS + i,
    score: i / 100,
    features: { amount: i, country: i % 2 === 0 ? 'DE' : null },
  };
}

describe.runIf(hasBroker)('the producer', () => {
  let broker: TestBroker;
  let kafka: Kafka;
  let registry: SchemaRegistry;

  beforeAll(async () => {
    broker = await testBroker();
    kafka = bystander(broker);
    registry = new SchemaRegistry({ host: broker.registryUrl });
  });

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'writes with compression %s what other clients read, on the partition of the request id',
    async (compression) => {
      const current = topicName('current');
      const canary = topicName('canary');
      const outcomes = topicName('outcomes');
      const count = 40;
      await createTopics(kafka, {
        [current]: PARTITION_COUNT,
        [canary]: PARTITION_COUNT,
        [outcomes]: PARTITION_COUNT,
      });
      const producer = await createProducer({
        kafka: broker.brokers,
        registryUrl: broker.registryUrl,
        topics: {
          predictions: ({ version }) => (version === 'v7' ? canary : current),
          outcomes,
        },
        compression,
      });
      for (let i = 0; i < count; i += 1) {
        await producer.predict(predictionOf(i, 'v6'));
        await producer.predict({ ...predictionOf(i, 'v7'), served: false });
        const { request_id, model } = predictionOf(i, 'v6');
        const event_time = TIME_MS + 5_000;
        await producer.outcome({ request_id, model, event_time, metric: 'late', value: 1 });
      }
      await producer.close();
      const records = await readRecords(kafka, [current, canary, outcomes], 3 * count);
      expect(records).toHaveLength(3 * count);
      const partitions = new Set<number>();
      for (const { topic, partition, message } of records) {
        const key = message.key?.toString() ?? '';
        partitions.add(partition);
        expect(partition).toBe(partitionOfKey(key, PARTITION_COUNT));
        const value: unknown = await registry.decode(message.value ?? Buffer.alloc(0));
        const i = Number(key.split('-')[2]);
        const version = topic === canary ? 'v7' : 'v6';
        const wanted =
          topic === outcomes
            ? { request_id: key, metric: 'late', value: 1, row_index: 0 }
            : { ...predictionOf(i, version), served: topic !== canary };
        expect(value).toMatchObject(wanted);
      }
      expect(partitions.size).toBe(PARTITION_COUNT);
    },
  );

  it('writes declared features as a record, and registers the schema once', async () => {
    const topic = topicName('declared');
    await createTopics(kafka, { [topic]: 1 });
    const options = {
      kafka,
      registryUrl: broker.registryUrl,
      topics: { predictions: topic },
      schema: { features: { amount: 'number', country: 'string' } },
    } as const;
    const producer = await createProducer(options);
    const { request_id, model, version, event_time, score } = predictionOf(1, 'v6');
    const bare = { request_id, model, version, event_time, score };
    await producer.predict({ ...bare, features: { amount: 1, country: 'DE' } });
    await producer.predict(bare);
    await producer.flush();
    await producer.close();
    await (await createProducer(options)).close();

    const records = await readRecords(kafka, [topic], 2);
    const values: unknown[] = [];
    for (const { message } of records) {
      values.push(await registry.decode(message.value ?? Buffer.alloc(0)));
    }
    expect(values).toMatchObject([
      { features: { amount: 1, country: 'DE' } },
      { features: { amount: null, country: null } },
    ]);
    const versions = await fetch(`${broker.registryUrl}/subjects/${topic}-value/versions`);
    expect(await versions.json()).toEqual([1]);
  });

  it('is refused by the registry when a topic has maps and it would write records', async () => {
    const topic = topicName('maps');
    await createTopics(kafka, { [topic]: 1 });
    const options = { kafka, registryUrl: broker.registryUrl, topics: { predictions: topic } };
    await (await createProducer(options)).close();
    const declared = createProducer({ ...options, schema: { features: { amount: 'number' } } });
    await expect(declared).rejects.toMatchObject({
      code: 'registry_refused',
      message: expect.stringContaining(`${topic}-value`) as unknown,
    });
  });

  it('says what was lost when a topic does not exist', async () => {
    const lost: number[] = [];
    const producer = await createProducer({
      kafka,
      registryUrl: broker.registryUrl,
      topics: { predictions: topicName('missing') },
      onLost: (_error, count) => lost.push(count),
    });
    await producer.predict(predictionOf(1, 'v6'));
    await expect(producer.close()).rejects.toMatchObject({ message: /could not be sent/ });
    expect(lost).toEqual([1]);
  });

  it('names the address of a registry that does not answer', async () => {
    const producer = createProducer({
      kafka,
      registryUrl: 'http://127.0.0.1:1',
      topics: { predictions: 'any' },
    });
    await expect(producer).rejects.toMatchObject({ code: 'registry_unavailable' });
  });
});
