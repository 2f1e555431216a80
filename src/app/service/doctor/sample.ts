import { partitionOfKey } from '../../../adapters/memory/broker/partition-of-key.ts';
import type { DeadLetterReason } from '../../../core/events/dead-letter.ts';
import type { TopicDescription } from '../../../pipeline/stream/admin-port.ts';
import type {
  BatchDecoder,
  DecodedBatch,
  JoinTarget,
  RawBatch,
} from '../../../pipeline/stream/ports.ts';
import { GrowingSchema } from '../../../pipeline/stream/stream-schema.ts';
import type { PlannedTopics } from '../topic-needs.ts';
import type { SampleFact } from './facts.ts';

/** What the latest records of one topic tell, read just as a joiner would read them. */
export async function sampleFact(
  topic: TopicDescription,
  batches: readonly RawBatch[],
  reading: { readonly decoder: BatchDecoder; readonly rollouts: readonly PlannedTopics[] },
): Promise<SampleFact> {
  const targets = reading.rollouts.map((rollout) => targetOf(rollout, topic.partitionCount));
  const decoded: DecodedBatch[] = [];
  for (const batch of batches) decoded.push(await reading.decoder.decode(batch, targets));
  const sides = decoded.flatMap((one) => one.sides);
  const records = batches.flatMap((batch) => batch.records);
  const times = records.map(({ timestampMs }) => timestampMs);
  return {
    topic: topic.name,
    timestampType: topic.timestampType,
    recordCount: records.length,
    newestTimeMs: times.reduce<number | null>((most, ms) => Math.max(most ?? ms, ms), null),
    used: sides.reduce((sum, { columns }) => sum + (columns?.length ?? 0), 0),
    ignored: sides.reduce((sum, { ignoredCount }) => sum + ignoredCount, 0),
    dead: deadByReason(decoded),
    ...keyFacts(topic, batches),
  };
}

/** Rollouts have columns of their own: a sample must not grow those of one that runs. */
function targetOf({ name, plan, topics }: PlannedTopics, partitionCount: number): JoinTarget {
  const schema = new GrowingSchema();
  return { rolloutId: name, plan, topics, partitionCount, startAt: 'latest', schema };
}

function deadByReason(decoded: readonly DecodedBatch[]): SampleFact['dead'] {
  const byReason = new Map<DeadLetterReason, { count: number; readonly detail: string }>();
  for (const { reason, detail } of decoded.flatMap(({ dead }) => dead)) {
    const known = byReason.get(reason) ?? { count: 0, detail };
    known.count += 1;
    byReason.set(reason, known);
  }
  return [...byReason].map(([reason, { count, detail }]) => ({ reason, count, detail }));
}

const DECODER = new TextDecoder();

function keyFacts(
  { partitionCount }: TopicDescription,
  batches: readonly RawBatch[],
): Pick<SampleFact, 'keyless' | 'elsewhere' | 'places'> {
  const places = new Map<string, Set<number>>();
  let keyless = 0;
  let elsewhere = 0;
  for (const { partition, records } of batches) {
    for (const { key } of records) {
      if (key === null) {
        keyless += 1;
        continue;
      }
      const text = DECODER.decode(key);
      places.set(text, (places.get(text) ?? new Set()).add(partition));
      if (partitionOfKey(text, partitionCount) !== partition) elsewhere += 1;
    }
  }
  return { keyless, elsewhere, places };
}
