import { CoalmineError } from '../../../core/foundation/error.ts';
import type { OutgoingRecord, TopicPartition } from '../../../pipeline/stream/ports.ts';
import type { PartitionLog } from './partition-log.ts';
import { partitionOfKey } from './partition-of-key.ts';

/** What a test writes: everything that a producer we did not write could send. */
export interface AppendedRecord {
  readonly key: string | Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** By default the time of the append. */
  readonly timestampMs?: number;
}

/** All topics of the broker. */
export interface Topics {
  readonly create: (name: string, partitionCount: number) => void;
  readonly countOf: (name: string) => number;
  readonly log: (at: TopicPartition) => PartitionLog;
  readonly append: (at: TopicPartition, records: readonly AppendedRecord[]) => number;
  readonly partitionOf: (topic: string, record: OutgoingRecord) => number;
}

const ENCODER = new TextEncoder();
const NO_HEADERS = {};

export function memoryTopics(nowMs: () => number): Topics {
  const byName = new Map<string, readonly PartitionLog[]>();
  const logsOf = (name: string) => {
    const logs = byName.get(name);
    if (logs === undefined) throw new CoalmineError('topic_invalid', `there is no topic ${name}`);
    return logs;
  };
  const log = ({ topic, partition }: TopicPartition) => {
    const found = logsOf(topic)[partition];
    if (found !== undefined) return found;
    throw new CoalmineError('topic_invalid', `topic ${topic} has no partition ${partition}`);
  };
  return {
    create: (name, partitionCount) => {
      const logs = Array.from({ length: partitionCount }, () => ({ records: [], endOffset: 0 }));
      byName.set(name, logs);
    },
    countOf: (name) => logsOf(name).length,
    log,
    append: (at, records) => {
      const to = log(at);
      const firstOffset = to.endOffset;
      for (const { key, value, headers, timestampMs } of records) {
        to.records.push({
          offset: to.endOffset,
          timestampMs: timestampMs ?? nowMs(),
          key: typeof key === 'string' ? ENCODER.encode(key) : key,
          value,
          headers: headers ?? NO_HEADERS,
        });
        to.endOffset += 1;
      }
      return firstOffset;
    },
    partitionOf: (topic, record) =>
      record.partition ?? partitionOfKey(record.key, logsOf(topic).length),
  };
}
