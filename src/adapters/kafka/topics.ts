import type { Admin, ITopicMetadata } from 'kafkajs';
import type {
  BrokerAddress,
  NewTopic,
  TopicAdmin,
  TopicDescription,
} from '../../pipeline/stream/admin-port.ts';
import type { KafkaClient } from './connect.ts';
import { Patience } from './patience.ts';

/** kafkajs' number of a topic among the kinds of things that have a config. */
const TOPIC_RESOURCE = 2;
const CONFIG_NAMES = [
  'cleanup.policy',
  'retention.ms',
  'message.timestamp.type',
  'max.message.bytes',
] as const;

/** The topics of the cluster that a client reaches. */
export function kafkaTopicAdmin(client: KafkaClient): TopicAdmin {
  return {
    describe: async (names) => await describeTopics(client, names),
    create: async (topics) => await createTopics(client, topics),
    brokerInfo: async () => await brokerInfo(client),
  };
}

async function brokerInfo(client: KafkaClient): Promise<readonly BrokerAddress[]> {
  return withAdmin(client, 'asking for the brokers', async (admin) => {
    const { brokers } = await admin.describeCluster();
    return brokers.map(({ nodeId, host, port }) => ({ nodeId, host, port }));
  });
}

/** What tells one cluster from another, as long as its storage lasts. */
export async function clusterIdOf(client: KafkaClient): Promise<string> {
  return withAdmin(client, 'asking for the cluster', async (admin) => {
    const { clusterId } = await admin.describeCluster();
    return clusterId;
  });
}

/** By name; a topic that does not exist is left out. */
export async function describeTopics(
  client: KafkaClient,
  names: readonly string[],
): Promise<ReadonlyMap<string, TopicDescription>> {
  return withAdmin(client, 'describing topics', async (admin) => {
    const existing = new Set(await admin.listTopics());
    const topics = [...new Set(names)].filter((name) => existing.has(name));
    if (topics.length === 0) return new Map();
    const metadata = await admin.fetchTopicMetadata({ topics });
    const configs = await configsOf(admin, topics);
    return new Map(
      metadata.topics.map((topic) => [
        topic.name,
        descriptionOf(topic, configs.get(topic.name) ?? new Map()),
      ]),
    );
  });
}

async function configsOf(
  admin: Admin,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({
      type: TOPIC_RESOURCE,
      name,
      configNames: [...CONFIG_NAMES],
    })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}

function descriptionOf(
  { name, partitions }: ITopicMetadata,
  configs: ReadonlyMap<string, string>,
): TopicDescription {
  const config = (of: (typeof CONFIG_NAMES)[number]) => configs.get(of) ?? '';
  return {
    name,
    partitionCount: partitions.length,
    replicationFactor: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    cleanupPolicy: config('cleanup.policy'),
    retentionMs: Number(config('retention.ms')),
    timestampType:
      config('message.timestamp.type') === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    messageBytesMax: Number(config('max.message.bytes')),
  };
}

/** Creates what does not exist; returns the names of what it created. What exists stays as it is. */
export async function createTopics(
  client: KafkaClient,
  topics: readonly NewTopic[],
): Promise<readonly string[]> {
  const created: string[] = [];
  // One by one: the broker answers several with one error, whichever of them it is about.
  for (const topic of topics) {
    const isNew = await withAdmin(client, `creating topic ${topic.name}`, (admin) =>
      admin.createTopics({
        topics: [
          {
            topic: topic.name,
            numPartitions: topic.partitionCount,
            replicationFactor: topic.replicationFactor,
            configEntries: Object.entries(topic.configs).map(([name, value]) => ({ name, value })),
          },
        ],
      }),
    );
    if (isNew) created.push(topic.name);
  }
  return created;
}

async function withAdmin<T>(
  client: KafkaClient,
  what: string,
  use: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = client.kafka.admin();
  try {
    return await new Patience(client).ask(what, async () => {
      await admin.connect();
      return await use(admin);
    });
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
