import type { KafkaClient } from '../../adapters/kafka/connect.ts';
import { createTopics } from '../../adapters/kafka/topics.ts';
import { OWN_TOPICS, type OwnTopic } from '../../pipeline/stream/messages.ts';
import type { DeadRecord, OutgoingRecord } from '../../pipeline/stream/ports.ts';
import { OWN_TOPIC_DEFAULTS } from './config/own-topics.ts';
import type { ServiceConfig } from './service-config.ts';

export async function ensureOwnTopics(client: KafkaClient, config: ServiceConfig) {
  return await createTopics(
    client,
    (Object.keys(OWN_TOPICS) as OwnTopic[]).map((topic) => {
      const { name, partitionCount, replicationFactor, retentionMs } = config.topics[topic];
      const compact = OWN_TOPIC_DEFAULTS[topic].cleanup === 'compact';
      return {
        name,
        partitionCount,
        replicationFactor,
        configs: compact
          ? { 'cleanup.policy': 'compact' }
          : { 'cleanup.policy': 'delete', 'retention.ms': String(retentionMs) },
      };
    }),
  );
}

export async function encodeDeadRecord(dead: DeadRecord): Promise<OutgoingRecord> {
  return {
    key: `${dead.topic}/${dead.partition}/${dead.offset}`,
    value: new TextEncoder().encode(JSON.stringify({ reason: dead.reason, detail: dead.detail })),
  };
}
