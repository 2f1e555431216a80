import type { ServiceConfig, TopicSettings } from '../../src/app/service/service-config.ts';
import { OWN_TOPICS, type OwnTopic } from '../../src/pipeline/stream/messages.ts';

/** Where the test broker is, and what sets the names of this test apart. */
export interface ServiceGiven {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly prefix: string;
}

/** A service on the test broker, with topics and groups of its own. */
export function serviceConfigOf({ brokers, registryUrl, prefix }: ServiceGiven): ServiceConfig {
  const topic = (name: string): TopicSettings => ({
    name: `${prefix}.${name}`,
    partitionCount: 1,
    replicationFactor: 1,
    retentionMs: -1,
  });
  const names = Object.keys(OWN_TOPICS) as OwnTopic[];
  const topics = Object.fromEntries(names.map((name) => [name, topic(name)])) as Record<
    OwnTopic,
    TopicSettings
  >;
  return {
    kafka: {
      brokers,
      clientId: prefix,
      tls: null,
      sasl: null,
      connectionTimeoutMs: 2_000,
      requestTimeoutMs: 10_000,
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 500,
      rebalanceTimeoutMs: 6_000,
    },
    registry: { url: registryUrl, auth: null, timeoutMs: 10_000 },
    groupPrefix: prefix,
    topics,
    inputs: [],
    privacyKey: null,
    dataFolder: '.',
    http: null,
    rollouts: [],
    routerLeadMs: 0,
    commitIntervalMs: 1_000,
    limits: {
      queuedBytesMax: 1_000_000,
      openKeyCountMax: 100_000,
      partialDeadlineMs: 60_000,
      messageBytesMax: 900_000,
      rolloutCountMax: 30,
      schemaCountMax: 100,
    },
  };
}
