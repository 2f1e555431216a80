import { randomUUID } from 'node:crypto';
import { CompressionCodecs, Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import { CODECS } from '../../src/adapters/kafka/codecs.ts';
import type { TestBroker } from './broker/test-broker.ts';

/** A client that knows nothing of ours but the codecs that it lacks. */
export function bystander(broker: TestBroker): Kafka {
  Object.assign(CompressionCodecs, CODECS);
  return new Kafka({
    clientId: 'bystander',
    brokers: [...broker.brokers],
    logLevel: logLevel.NOTHING,
  });
}

/** A name that no other test of this broker has. */
export function topicName(kind: string): string {
  return `${kind}.${randomUUID().slice(0, 8)}`;
}

/** Topics with so many partitions each; nothing in them is deleted by age. */
export async function createTopics(
  kafka: Kafka,
  topics: Readonly<Record<string, number>>,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    waitForLeaders: true,
    topics: Object.entries(topics).map(([topic, numPartitions]) => ({
      topic,
      numPartitions,
      replicationFactor: 1,
      configEntries: [{ name: 'retention.ms', value: '-1' }],
    })),
  });
  await admin.disconnect();
}

/** A record and where it lies. */
export interface Lying {
  readonly topic: string;
  readonly partition: number;
  readonly message: KafkaMessage;
}

/** The first records of some topics, as many as are asked for. */
export async function readRecords(
  kafka: Kafka,
  topics: readonly string[],
  count: number,
): Promise<Lying[]> {
  const consumer = kafka.consumer({ groupId: topicName('bystander') });
  const found: Lying[] = [];
  const { promise: all, resolve, reject } = Promise.withResolvers<void>();
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    // A group that is being formed, a coordinator that is not there yet: it tries again by itself.
    if (!payload.restart) reject(payload.error);
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ topic, partition, message }) => {
      found.push({ topic, partition, message });
      if (found.length >= count) resolve();
      await Promise.resolve();
    },
  });
  await all;
  await consumer.disconnect();
  return found;
}
