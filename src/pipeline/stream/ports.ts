import type { BatchSchema, OutcomeColumns, PredictionColumns } from '../../core/events/batch.ts';
import type { DeadLetterReason } from '../../core/events/dead-letter.ts';
import type { Field, FieldKind } from '../../core/events/field.ts';
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
  /** Where a partition begins that nobody owned before. */
  readonly startAt: 'earliest' | 'latest';
  readonly schema: StreamSchema;
}

/**
 * The columns of one rollout in one process. Fields are added as records bring them, so a column
 * once numbered never moves; a batch may have fewer columns than there are by now.
 */
export interface StreamSchema extends BatchSchema {
  /** Makes sure that every field of a profile has a column, and fills no other from now on (but score and label). */
  adopt(profile: ReferenceProfile): void;
  /** Gives a field a column of a kind, if there is room and no profile was adopted: does nothing for one that has its own. */
  watch(field: Field): void;
  /** The code of a text in a category column. Beyond the bound of a dictionary it is a hash: equal texts, equal codes. */
  codeOf(column: number, text: string): number;
  /** The column that holds a field's values from now on; -1 when it has none. */
  columnOf(name: string, kind: FieldKind): number;
  /** A profile was adopted: no field gets another column. */
  readonly isSettled: boolean;
  /** Grows whenever `columnOf` may answer otherwise than before. */
  readonly revision: number;
  /** Fields that were seen when there was no more room, as far as they are listed. */
  readonly notWatched: readonly string[];
}

/** What a schema registry knows of an id. */
export type KnownSchema =
  /** `named`: schemas that it refers to by name, each behind those that it refers to itself. */
  | { readonly kind: 'avro'; readonly text: string; readonly named?: readonly string[] }
  /** It has no such id, or the schema is none of Avro. */
  | { readonly kind: 'unknown'; readonly detail: string };

/** Where writers' schemas are found. */
export interface SchemaSource {
  /** Rejects with `registry_unavailable` when there is no answer. */
  schemaOf(id: number): Promise<KnownSchema>;
}

/** Where schemas of ours are written to as well. */
export interface SchemaRegistrar extends SchemaSource {
  /**
   * The id of an Avro schema (its JSON text) under a subject; it is registered when it is new there.
   * Rejects with `registry_unavailable`, or `registry_refused` when it is not compatible.
   */
  idOf(subject: string, text: string): Promise<number>;
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
  /**
   * Over all sides of a rollout, predictions read = rows + dead + ignored, and outcomes likewise. What
   * is of neither arm is counted once: on the first side that reads this topic.
   */
  readonly ignoredCount: number;
  /** Records of this side, or of nobody that is known, that could not be used. */
  readonly deadCount: number;
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
  /** Each record once, however many rollouts it was meant for. */
  readonly dead: readonly DeadRecord[];
}

/** Turns records into columns. */
export interface BatchDecoder {
  /** Waits only for a schema that was not seen before. Rejects with `registry_unavailable` when the registry does not answer. */
  decode(batch: RawBatch, targets: readonly JoinTarget[]): Promise<DecodedBatch>;
}
