import { randomUUID } from 'node:crypto';
import { deadLetterCodec } from '../../adapters/avro/dead-letter.ts';
import { kafkaClient } from '../../adapters/kafka/connect.ts';
import { kafkaResender, type Resender } from '../../adapters/kafka/dead-letter-resender.ts';
import { kafkaSource } from '../../adapters/kafka/source.ts';
import { describeTopics } from '../../adapters/kafka/topics.ts';
import { confluentRegistry } from '../../adapters/registry/confluent-registry.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { DeadLetterLog } from './dead-letters.ts';
import type { ServiceConfig } from './service-config.ts';

/** The topic of dead letters of a service, to be read once, and the way back for what is in it. */
export interface OpenDeadLetters {
  readonly log: DeadLetterLog;
  readonly resender: Resender;
  readonly close: () => Promise<void>;
}

const ASSIGNED_MS_MAX = 30_000;
const QUIET_MS_MAX = 3_000;

/**
 * @throws CoalmineError `broker_unavailable`, `topic_invalid` when the service never made its topics
 */
export async function openDeadLetters(config: ServiceConfig): Promise<OpenDeadLetters> {
  const client = await kafkaClient(config.kafka, { log: () => {}, firstAnswerMsMax: 10_000 });
  const { name: topic } = config.topics.deadLetters;
  const { messageBytesMax } = config.limits;
  if (!(await describeTopics(client, [topic])).has(topic)) {
    throw new CoalmineError('topic_invalid', `there is no topic ${topic}`, {
      hints: ['coalmine run makes its own topics when it starts for the first time'],
    });
  }
  const clock = systemClock();
  const group = `${config.groupPrefix}.dead-letters.${randomUUID()}`;
  const source = kafkaSource(client, { group, topics: [topic], clock });
  const resender = kafkaResender(client);
  return {
    log: {
      source,
      codec: deadLetterCodec(confluentRegistry(config.registry), { topic, messageBytesMax }),
      options: { clock, assignedMsMax: ASSIGNED_MS_MAX, quietMsMax: QUIET_MS_MAX },
    },
    resender,
    close: async () => {
      await Promise.all([source.close(), resender.close()]);
    },
  };
}
