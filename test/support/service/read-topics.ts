import type { Kafka } from 'kafkajs';
import { type Lying, topicName } from '../kafka-topics.ts';

/** Everything that lies in some topics now, by topic and partition in the order of the log. */
export async function readAll(kafka: Kafka, topics: readonly string[]): Promise<readonly Lying[]> {
  const left = await endsOf(kafka, topics);
  if (left.size === 0) return [];
  const found: Lying[] = [];
  const all = Promise.withResolvers<void>();
  const consumer = kafka.consumer({ groupId: topicName('bystander'), maxWaitTimeInMs: 50 });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) all.reject(payload.error);
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const { topic, partition } = batch;
      for (const message of batch.messages) found.push({ topic, partition, message });
      const end = left.get(`${topic}/${partition}`) ?? 0;
      if (Number(batch.lastOffset()) + 1 >= end) left.delete(`${topic}/${partition}`);
      if (left.size === 0) all.resolve();
      await Promise.resolve();
    },
  });
  await all.promise;
  await consumer.disconnect();
  return found.sort(byPlace);
}

/** Where partitions end that hold something. */
export async function endsOf(
  kafka: Kafka,
  topics: readonly string[],
): Promise<Map<string, number>> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map<string, number>();
  for (const topic of topics) {
    for (const { partition, high, low } of await admin.fetchTopicOffsets(topic))
      if (Number(high) > Number(low)) ends.set(`${topic}/${partition}`, Number(high));
  }
  await admin.disconnect();
  return ends;
}

function byPlace(left: Lying, right: Lying): number {
  if (left.topic !== right.topic) return left.topic < right.topic ? -1 : 1;
  const apart = left.partition - right.partition;
  return apart === 0 ? Number(left.message.offset) - Number(right.message.offset) : apart;
}

/** Asks again and again until there is an answer that is not null; the deadline is for tests that fail. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null>,
  given: { readonly withinMs?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const { withinMs = 60_000, everyMs = 300 } = given;
  const deadlineMs = performance.now() + withinMs;
  let last: unknown = null;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== null) return answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() > deadlineMs)
      throw new Error(`not within ${withinMs} ms: ${what}`, { cause: last });
    await new Promise((resolve) => {
      setTimeout(resolve, everyMs);
    });
  }
}
