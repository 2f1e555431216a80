import { kafkaClient } from '../../adapters/kafka/connect.ts';
import { createTopics } from '../../adapters/kafka/topics.ts';
import type { ServiceConfig } from './service-config.ts';

/** Topics of predictions and outcomes, for whoever writes them. */
export interface InputTopics {
  readonly names: readonly string[];
  /** Of each: both halves of a request must lie on the same partition number. */
  readonly partitionCount: number;
  readonly retentionMs: number;
}

/**
 * Makes the input topics that are missing; what exists stays as it is.
 *
 * @returns the names of those that it made
 * @throws CoalmineError `broker_unavailable`, `broker_refused`
 */
export async function makeInputTopics(
  { kafka, limits, topics }: Pick<ServiceConfig, 'kafka' | 'limits' | 'topics'>,
  { names, partitionCount, retentionMs }: InputTopics,
): Promise<readonly string[]> {
  const client = await kafkaClient(kafka, { log: () => {} });
  const { replicationFactor } = topics.partials;
  return await createTopics(
    client,
    names.map((name) => ({
      name,
      partitionCount,
      replicationFactor,
      configs: {
        'message.timestamp.type': 'LogAppendTime',
        'retention.ms': String(retentionMs),
        'max.message.bytes': String(limits.messageBytesMax),
      },
    })),
  );
}
