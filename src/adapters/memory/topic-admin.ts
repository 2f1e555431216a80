import type {
  BrokerAddress,
  NewTopic,
  TopicAdmin,
  TopicDescription,
} from '../../pipeline/stream/admin-port.ts';

const ONE_BROKER: readonly BrokerAddress[] = [{ nodeId: 1, host: '127.0.0.1', port: 9092 }];
const RETENTION_MS = 604_800_000;
const MESSAGE_BYTES_MAX = 1_048_588;

/** Topics in memory, with the defaults of a broker that nobody configured. */
export function memoryTopicAdmin(
  topics: readonly TopicDescription[] = [],
  brokers: readonly BrokerAddress[] = ONE_BROKER,
): TopicAdmin {
  const byName = new Map(topics.map((topic) => [topic.name, topic]));
  return {
    describe: (names) =>
      Promise.resolve(new Map([...byName].filter(([name]) => names.includes(name)))),
    create: (wanted) => {
      const created = wanted.filter(({ name }) => !byName.has(name));
      for (const topic of created) byName.set(topic.name, descriptionOf(topic));
      return Promise.resolve(created.map(({ name }) => name));
    },
    brokerInfo: () => Promise.resolve(brokers),
  };
}

function descriptionOf({ configs, ...topic }: NewTopic): TopicDescription {
  return {
    ...topic,
    cleanupPolicy: configs['cleanup.policy'] ?? 'delete',
    retentionMs: Number(configs['retention.ms'] ?? RETENTION_MS),
    timestampType:
      configs['message.timestamp.type'] === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    messageBytesMax: Number(configs['max.message.bytes'] ?? MESSAGE_BYTES_MAX),
  };
}
