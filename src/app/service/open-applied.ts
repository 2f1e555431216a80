import { avroMessageCodec } from '../../adapters/avro/message-codec.ts';
import { avroRecordCodecs } from '../../adapters/avro/record-codecs.ts';
import { kafkaClient } from '../../adapters/kafka/connect.ts';
import type { ClientLog } from '../../adapters/kafka/log-line.ts';
import { kafkaTable } from '../../adapters/kafka/table.ts';
import { describeTopics } from '../../adapters/kafka/topics.ts';
import { kafkaWriter } from '../../adapters/kafka/writer.ts';
import { confluentRegistry } from '../../adapters/registry/confluent-registry.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { ReferenceProfile } from '../../core/events/profile.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { OwnTopic } from '../../pipeline/stream/messages.ts';
import { sha256 } from '../wire.ts';
import type { AppliedTopics } from './applied-topic.ts';
import type { ServiceConfig } from './service-config.ts';

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

/**
 * Opens the topics that say which rollouts there are.
 *
 * @throws CoalmineError `broker_unavailable`, `topic_invalid` when the service never made them
 */
export async function openApplied(config: ServiceConfig, log: ClientLog): Promise<OpenApplied> {
  const client = await kafkaClient(config.kafka, { log });
  const partitionCounts: OpenApplied['partitionCounts'] = async (names) => {
    const described = await describeTopics(client, names);
    return new Map([...described].map(([name, { partitionCount }]) => [name, partitionCount]));
  };
  const names = TABLES.map((topic) => config.topics[topic].name);
  const existing = await partitionCounts(names);
  const missing = names.filter((name) => !existing.has(name));
  if (missing.length > 0) {
    throw new CoalmineError('topic_invalid', `there is no topic ${missing.join(', ')}`, {
      hints: ['coalmine run makes its own topics when it starts for the first time'],
    });
  }
  const { groupPrefix } = config;
  const table = (topic: (typeof TABLES)[number]) =>
    kafkaTable(client, { topic: config.topics[topic].name, clock: systemClock(), groupPrefix });
  const profiles = table('profiles');
  const registry = confluentRegistry(config.registry);
  const codec = avroMessageCodec(registry, {
    partials: config.topics.partials.name,
    positions: config.topics.positions.name,
    profiles: config.topics.profiles.name,
  });
  const topics: AppliedTopics = {
    topic: config.topics.rollouts.name,
    rollouts: table('rollouts'),
    routing: table('routing'),
    traces: [table('positions'), profiles],
    writer: kafkaWriter(client),
    codecs: avroRecordCodecs(registry, {
      rollouts: config.topics.rollouts.name,
      verdicts: config.topics.verdicts.name,
      routing: config.topics.routing.name,
      rolloutEvents: config.topics.rolloutEvents.name,
    }),
  };
  const parts = [topics.writer, topics.rollouts, topics.routing, ...topics.traces];
  const close = async (): Promise<void> => {
    await Promise.all(parts.map(async (part) => await part.close()));
  };
  const giveProfile: OpenApplied['giveProfile'] = async (rolloutId, profile) => {
    await profiles.refresh();
    if (profiles.get(rolloutId) !== null) return;
    const hash = sha256(JSON.stringify(profile)).slice(0, 16);
    const value = await codec.encodeReference({
      rolloutId,
      mergedThroughMs: null,
      profile: { hash, fromMs: null, profile },
    });
    await topics.writer.send(config.topics.profiles.name, [{ key: rolloutId, value }]);
  };
  return { topics, partitionCounts, giveProfile, close };
}
