import type { BatchSchema, OutcomeColumns, PredictionColumns } from '../../core/events/batch.ts';
import type { DeadLetterReason } from '../../core/events/dead-letter.ts';
import type { Plan } from '../../core/events/plan.ts';
import type { ReferenceProfile } from '../../core/events/profile.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** One record as it lies in the log. */
export interface RawRecord {
  readonly offset: number;
  /** Append time of the broker, or the producer's time where the topic says so. */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** A stretch of one partition, undecoded, in offset order. */
export interface RawBatch extends TopicPartition {
  readonly records: readonly RawRecord[];
  /** Where reading goes on: behind the last record, and behind gaps that compaction or transactions left. */
  readonly nextOffset: number;
  /** End of the partition as the broker knew it when it answered. */
  readonly endOffset: number;
  /** Processing time just before the request whose answer this is was sent. */
  readonly askedAtMs: number;
  /** Processing time when the answer was there. */
  readonly receivedAtMs: number;
}

/** What a source has to tell, in the order in which it happened. */
export type SourceEvent =
  /** The member owns these from now on, and nothing else: positions are asked for with `resume`. */
  | { readonly kind: 'assigned'; readonly partitions: readonly TopicPartition[] }
  /** The member owns nothing any more: it was ejected, or a rebalance began. */
  | { readonly kind: 'revoked' }
  | { readonly kind: 'batch'; readonly batch: RawBatch };

/** End offsets, as of a moment of processing time at which they were asked for. */
export interface Ends {
  readonly askedAtMs: number;
  readonly ends: readonly (TopicPartition & { readonly endOffset: number })[];
}

/**
 * One member's share of some topics: the same partition number of all of them is always owned by
 * one member. Pulled; nothing of a partition is handed out before `resume` told where it begins.
 */
export interface PartitionSource {
  /** The next event, or null when there was none for so long. Rejects with `CoalmineError` when the broker is lost for good. */
  poll(waitMs: number): Promise<SourceEvent | null>;
  /** After `assigned`: where each partition is read from; `'earliest'` and `'latest'` are asked of the broker. */
  resume(
    from: readonly (TopicPartition & { readonly offset: number | 'earliest' | 'latest' })[],
  ): Promise<void>;
  /** Stops or goes on fetching; batches that are already here are still handed out. */
  setPaused(partitions: readonly TopicPartition[], isPaused: boolean): void;
  ends(partitions: readonly TopicPartition[]): Promise<Ends>;
  /** Leaves the group in order. */
  close(): Promise<void>;
}

/** A record to be written; without a `partition` its key decides (murmur2, as Java's default). */
export interface OutgoingRecord {
  readonly key: string;
  /** Null: a tombstone. */
  readonly value: Uint8Array | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly partition?: number;
}

/** Writes records in order, one request in flight, acknowledged by all replicas. */
export interface TopicWriter {
  /** Resolves when all are acknowledged, with the offset of the first. */
  send(
    topic: string,
    records: readonly OutgoingRecord[],
  ): Promise<{ readonly firstOffset: number }>;
  close(): Promise<void>;
}

/** A compacted topic as a table: the latest value of each key. */
export interface TopicTable {
  /** Reads to the end as of now. */
  refresh(): Promise<void>;
  get(key: string): Uint8Array | null;
  entries(): Iterable<readonly [string, Uint8Array]>;
  /** Grows by one with every record read: cheap to ask whether anything changed. */
  readonly version: number;
  close(): Promise<void>;
}

/** Processing time and waiting: all that the service knows of the world's clock. */
export interface Clock {
  nowMs(): number;
  wait(ms: number): Promise<void>;
}

/** What a column set of a batch holds. */
export type Side = 'current' | 'canary' | 'outcomes';

/** One rollout as joiners see it. */
export interface JoinTarget {
  readonly rolloutId: string;
  readonly plan: Plan;
  /** Partitions of every topic of this rollout. */
  readonly partitionCount: number;
  readonly topics: Readonly<Record<Side, string | null>>;
  readonly schema: StreamSchema;
}

/**
 * The columns of one rollout in one process. Fields are added as records bring them, so a column
 * once numbered never moves; a batch may have fewer columns than there are by now.
 */
export interface StreamSchema extends BatchSchema {
  /** Makes sure that every field of a profile has a column, and adds no other from now on. */
  adopt(profile: ReferenceProfile): void;
}

/** One side of one rollout in one batch of the log, by column. */
export interface SideBatch {
  readonly rolloutId: string;
  readonly side: Side;
  readonly partition: number;
  /** Null when the batch holds nothing of this side. Its `arrivalTimeMs` are the records' timestamps. */
  readonly columns: PredictionColumns | OutcomeColumns | null;
  /** Offset of each row. A record may be several rows. */
  readonly offsets: Float64Array;
  readonly nextOffset: number;
  /** Records of the batch that are not of this side: another model's or version's. */
  readonly ignoredCount: number;
}

/** A record that could not be used, for the dead-letter topic. */
export interface DeadRecord extends TopicPartition {
  readonly offset: number;
  readonly reason: DeadLetterReason;
  readonly field: string | null;
  readonly detail: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

export interface DecodedBatch {
  /** One entry for every side of every target that reads this topic. */
  readonly sides: readonly SideBatch[];
  readonly dead: readonly DeadRecord[];
}

/** Turns records into columns. */
export interface BatchDecoder {
  /** Waits only for a schema that was not seen before. Rejects with `registry_unavailable` when the registry does not answer. */
  decode(batch: RawBatch, targets: readonly JoinTarget[]): Promise<DecodedBatch>;
}
