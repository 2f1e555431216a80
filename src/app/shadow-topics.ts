import type { KafkaClient } from '../adapters/kafka/connect.ts';
import { createTopics, describeTopics } from '../adapters/kafka/topics.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import { SHADOW_TOPIC } from '../pipeline/shadow/progress.ts';
import type { NewTopic } from '../pipeline/stream/admin-port.ts';
import type { ServiceConfig, TopicSettings } from './service/service-config.ts';

/**
 * Makes sure that the topics are there: the two of other people must exist, ours are created.
 * Returns the partition count of the two.
 *
 * @throws CoalmineError `topic_invalid` when one is missing, or their partition counts differ
 */
export async function prepareTopics(
  client: KafkaClient,
  { from, to }: { readonly from: string; readonly to: string },
  topics: ServiceConfig['topics'],
): Promise<number> {
  const { deadLetters, rollouts } = topics;
  const own = [SHADOW_TOPIC, deadLetters.name, rollouts.name];
  const found = await describeTopics(client, [from, to, ...own]);
  const missing = [from, to].filter((name) => !found.has(name));
  if (missing.length > 0)
    throw invalid(`there is no topic ${missing.join(' and no ')}`, [
      `Create it with as many partitions as the other one; nothing creates it by itself.`,
    ]);
  const counts = [from, to].map((name) => found.get(name)?.partitionCount ?? 0);
  const [count = 0, other = 0] = counts;
  if (count !== other)
    throw invalid(`${from} has ${count} partitions and ${to} has ${other}`, [
      'A request and its answers must lie on one partition number: the counts must be equal.',
    ]);
  const wanted = [
    compacted({ ...rollouts, name: SHADOW_TOPIC, partitionCount: 1 }),
    compacted(rollouts),
    kept(deadLetters),
  ];
  await createTopics(
    client,
    wanted.filter(({ name }) => !found.has(name)),
  );
  return count;
}

function compacted({ name, partitionCount, replicationFactor }: TopicSettings): NewTopic {
  const configs = { 'cleanup.policy': 'compact' };
  return { name, partitionCount, replicationFactor, configs };
}

function kept({ name, partitionCount, replicationFactor, retentionMs }: TopicSettings): NewTopic {
  const configs = { 'cleanup.policy': 'delete', 'retention.ms': String(retentionMs) };
  return { name, partitionCount, replicationFactor, configs };
}

function invalid(message: string, hints: readonly string[]): CoalmineError {
  return new CoalmineError('topic_invalid', message, { hints });
}
