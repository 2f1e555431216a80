import { randomUUID } from 'node:crypto';
import { type KafkaClient, kafkaClient } from '../../../../src/adapters/kafka/connect.ts';
import type { KafkaSettings } from '../../../../src/adapters/kafka/settings.ts';
import { kafkaSource } from '../../../../src/adapters/kafka/source.ts';
import { kafkaTable } from '../../../../src/adapters/kafka/table.ts';
import { threadedSource } from '../../../../src/adapters/kafka/thread/threaded-source.ts';
import { createTopics } from '../../../../src/adapters/kafka/topics.ts';
import { kafkaWriter } from '../../../../src/adapters/kafka/writer.ts';
import { systemClock } from '../../../../src/adapters/system/clock.ts';
import type { TopicPartition } from '../../../../src/pipeline/stream/ports.ts';
import type { StreamWorld } from '../../../contract/stream/world.ts';

export const CLOCK = systemClock();
export const GROUP_PREFIX = 'adapters-test';

export function settingsFor(brokers: readonly string[]): KafkaSettings {
  return {
    brokers,
    clientId: 'adapters-test',
    tls: null,
    sasl: null,
    connectionTimeoutMs: 2_000,
    requestTimeoutMs: 5_000,
    sessionTimeoutMs: 6_000,
    heartbeatIntervalMs: 500,
    rebalanceTimeoutMs: 10_000,
  };
}

export function clientFor(brokers: readonly string[]): Promise<KafkaClient> {
  return kafkaClient(settingsFor(brokers), { log: () => {}, firstAnswerMsMax: 10_000 });
}

export async function createTopic(
  client: KafkaClient,
  name: string,
  options: {
    readonly partitionCount: number;
    readonly configs?: Readonly<Record<string, string>>;
  },
): Promise<void> {
  const { partitionCount, configs = {} } = options;
  await createTopics(client, [{ name, partitionCount, replicationFactor: 1, configs }]);
}

/** Appends through kafkajs itself; a gap is an aborted transaction. */
export async function appendTo(
  { kafka }: KafkaClient,
  { topic, partition }: TopicPartition,
  options: { readonly values: readonly string[]; readonly gapAfter: boolean },
): Promise<void> {
  const transactionalId = `adapters-test-${randomUUID()}`;
  const producer = options.gapAfter
    ? kafka.producer({ transactionalId, maxInFlightRequests: 1, idempotent: true })
    : kafka.producer();
  await producer.connect();
  const messages = (values: readonly string[]) =>
    values.map((value) => ({ key: null, value, partition }));
  if (options.gapAfter) {
    const kept = await producer.transaction();
    await kept.send({ topic, messages: messages(options.values) });
    await kept.commit();
    const aborted = await producer.transaction();
    await aborted.send({ topic, messages: messages(['aborted', 'too']) });
    await aborted.abort();
  } else {
    await producer.send({ topic, messages: messages(options.values) });
  }
  await producer.disconnect();
}

/** The same with the source's client in a thread of its own. */
export function threadedWorld(client: () => KafkaClient): StreamWorld {
  return {
    ...kafkaWorld(client),
    source: (group, topics) => threadedSource(client(), { group, topics, queuedBytesMax: 1 << 24 }),
  };
}

export function kafkaWorld(client: () => KafkaClient): StreamWorld {
  return {
    createTopic: (topic, partitionCount) => createTopic(client(), topic, { partitionCount }),
    createTable: (topic, partitionCount) =>
      createTopic(client(), topic, { partitionCount, configs: { 'cleanup.policy': 'compact' } }),
    append: (at, values, gapAfter = false) => appendTo(client(), at, { values, gapAfter }),
    source: (group, topics) => kafkaSource(client(), { group, topics, clock: CLOCK }),
    writer: () => kafkaWriter(client()),
    table: (topic) => kafkaTable(client(), { topic, clock: CLOCK, groupPrefix: GROUP_PREFIX }),
  };
}
