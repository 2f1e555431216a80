import { avroMessageCodec } from '../../adapters/avro/message-codec.ts';
import { avroRecordCodecs } from '../../adapters/avro/record-codecs.ts';
import { type KafkaClient, kafkaClient } from '../../adapters/kafka/connect.ts';
import type { ClientLog } from '../../adapters/kafka/log-line.ts';
import { kafkaTable } from '../../adapters/kafka/table.ts';
import { describeTopics } from '../../adapters/kafka/topics.ts';
import { kafkaWriter } from '../../adapters/kafka/writer.ts';
import { confluentRegistry } from '../../adapters/registry/confluent-registry.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { ReferenceProfile } from '../../core/events/profile.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import { profileHash } from '../../pipeline/line-state.ts';
import type { OwnTopic } from '../../pipeline/stream/messages.ts';
import type { SchemaRegistrar } from '../../pipeline/stream/ports.ts';
import { sha256 } from '../wire.ts';
import type { AppliedTopics } from './applied-topic.ts';
import type { ServiceConfig } from './service-config.ts';
import { topicNames } from './topic-names.ts';

/** The brokers, as those need them who apply, list and delete rollouts. */
export interface OpenApplied {
  readonly topics: AppliedTopics;
  /** By topic; one that does not exist is left out. */
  readonly partitionCounts: (names: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** Tells joiners and merger of cells that were given with a plan, unless they know cells already. */
  readonly giveProfile: (rolloutId: string, profile: ReferenceProfile) => Promise<void>;
  readonly close: () => Promise<void>;
}

const TABLES = ['rollouts', 'routing', 'positions', 'profiles'] as const satisfies OwnTopic[];

/** What of a process the topics are opened with. */
export interface AppliedParts {
  readonly config: ServiceConfig;
  readonly client: KafkaClient;
  readonly registry: SchemaRegistrar;
}

/** {@link openApplied} for a process that has no client of its own. */
export async function connectApplied(config: ServiceConfig, log: ClientLog): Promise<OpenApplied> {
  const client = await kafkaClient(config.kafka, { log });
  return await openApplied({ config, client, registry: confluentRegistry(config.registry) });
}

/**
 * Opens the topics that say which rollouts there are.
 *
 * @throws CoalmineError `broker_unavailable`, `topic_invalid` when the service never made them
 */
export async function openApplied(parts: AppliedParts): Promise<OpenApplied> {
  const { config, client, registry } = parts;
  const partitionCounts: OpenApplied['partitionCounts'] = async (names) => {
    const described = await describeTopics(client, names);
    return new Map([...described].map(([name, { partitionCount }]) => [name, partitionCount]));
  };
  const names = topicNames(config);
  const needed = TABLES.map((topic) => names[topic]);
  const existing = await partitionCounts(needed);
  const missing = needed.filter((name) => !existing.has(name));
  if (missing.length > 0) {
    throw new CoalmineError('topic_invalid', `there is no topic ${missing.join(', ')}`, {
      hints: ['coalmine run makes its own topics when it starts for the first time'],
    });
  }
  const { groupPrefix } = config;
  const table = (topic: (typeof TABLES)[number]) =>
    kafkaTable(client, { topic: names[topic], clock: systemClock(), groupPrefix });
  const profiles = table('profiles');
  const topics: AppliedTopics = {
    topic: names.rollouts,
    rollouts: table('rollouts'),
    routing: table('routing'),
    traces: [table('positions'), profiles],
    writer: kafkaWriter(client),
    codecs: avroRecordCodecs(registry, names),
  };
  const giveProfile: OpenApplied['giveProfile'] = async (rolloutId, profile) => {
    await profiles.refresh();
    if (profiles.get(rolloutId) !== null) return;
    const value = await avroMessageCodec(registry, names).encodeReference({
      rolloutId,
      mergedThroughMs: null,
      profile: { hash: profileHash(profile, sha256), fromMs: null, profile },
    });
    await topics.writer.send(names.profiles, [{ key: rolloutId, value }]);
  };
  const opened = [topics.writer, topics.rollouts, topics.routing, ...topics.traces];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map(async (part) => await part.close()));
  };
  return { topics, partitionCounts, giveProfile, close };
}
