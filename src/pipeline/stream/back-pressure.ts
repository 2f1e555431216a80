import type { JoinTarget, PartitionSource, TopicPartition } from './ports.ts';
import type { StreamPartition } from './stream-partition.ts';
import type { Telemetry } from './telemetry.ts';

interface Reader {
  readonly target: JoinTarget;
  readonly partition: StreamPartition;
}

const SIDES = ['current', 'canary', 'outcomes'] as const;

/** Stops fetching a topic partition of which too much waits, and goes on when half of that is gone. */
export class BackPressure {
  private readonly paused = new Set<string>();
  private readonly queuedRecordsMax: number;
  private readonly parts: { readonly source: PartitionSource; readonly telemetry: Telemetry };

  constructor(
    parts: { readonly source: PartitionSource; readonly telemetry: Telemetry },
    queuedRecordsMax: number,
  ) {
    this.parts = parts;
    this.queuedRecordsMax = queuedRecordsMax;
  }

  /** After a new assignment everything is fetched. */
  reset(): void {
    this.paused.clear();
  }

  /** Looks at partitions of which something was taken in or joined. */
  look(readers: Iterable<Reader>): void {
    const waiting = new Map<string, TopicPartition & { count: number }>();
    for (const { target, partition } of readers) {
      for (const side of SIDES) {
        const topic = target.topics[side];
        if (topic === null) continue;
        const key = `${topic}/${partition.partition}`;
        const count = Math.max(waiting.get(key)?.count ?? 0, partition.merge.waiting(side));
        waiting.set(key, { topic, partition: partition.partition, count });
      }
    }
    for (const [key, one] of waiting) this.weigh(key, one);
  }

  private weigh(key: string, one: TopicPartition & { readonly count: number }): void {
    const { source, telemetry } = this.parts;
    const { topic, partition, count } = one;
    telemetry.set('queued_records', { topic, partition }, count);
    const isPaused = this.paused.has(key);
    if (!isPaused && count > this.queuedRecordsMax) {
      this.paused.add(key);
      source.setPaused([{ topic, partition }], true);
      telemetry.count('pauses_total', { topic, reason: 'queued_records' });
      telemetry.set('paused_partitions', { topic }, this.pausedOf(topic));
    } else if (isPaused && count <= this.queuedRecordsMax / 2) {
      this.paused.delete(key);
      source.setPaused([{ topic, partition }], false);
      telemetry.set('paused_partitions', { topic }, this.pausedOf(topic));
    }
  }

  private pausedOf(topic: string): number {
    return [...this.paused].filter((key) => key.startsWith(`${topic}/`)).length;
  }
}
