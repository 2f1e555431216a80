import { positionsKey } from './join-sender.ts';
import type { JoinTarget } from './ports.ts';
import { RecordMetrics } from './record-metrics.ts';
import type { StreamPartition } from './stream-partition.ts';

/** A partition of a rollout that this member joins. */
export interface Owned {
  readonly target: JoinTarget;
  readonly partition: StreamPartition;
  readonly metrics: RecordMetrics;
}

export function owning(target: JoinTarget, partition: StreamPartition): Owned {
  return { target, partition, metrics: new RecordMetrics(target.rolloutId, partition) };
}

export function ownedKey({ target, partition }: Owned): string {
  return positionsKey(target.rolloutId, partition.partition);
}

/** The topics that a rollout is joined from, each once. */
export function topicsOf(target: JoinTarget): readonly string[] {
  return [...new Set(Object.values(target.topics).filter((topic) => topic !== null))];
}

/** By `topic/partition` who reads it: rollouts share topics. */
export function readersOf(owned: readonly Owned[]): ReadonlyMap<string, readonly Owned[]> {
  const readers = new Map<string, Owned[]>();
  for (const one of owned) {
    for (const topic of topicsOf(one.target)) {
      const key = `${topic}/${one.partition.partition}`;
      readers.set(key, [...(readers.get(key) ?? []), one]);
    }
  }
  return readers;
}
