import type { ReferenceProfile } from '../../core/events/profile.ts';
import type { OutcomeIncrement } from '../../core/join/outcome-joiner.ts';
import type { OutcomeStratum } from '../../core/windows/outcome-ledger.ts';
import type { SparsePartial } from '../../core/windows/sparse.ts';
import type { StoredFacts } from '../marks.ts';
import type { SilentMove } from './silent-moves.ts';

/** Topics of ours, by what they carry. Names are in the config; these are the defaults. */
export const OWN_TOPICS = {
  partials: 'coalmine.partials',
  positions: 'coalmine.positions',
  profiles: 'coalmine.profiles',
  verdicts: 'coalmine.verdicts',
  routing: 'coalmine.routing',
  rollouts: 'coalmine.rollouts',
  rolloutEvents: 'coalmine.rollout-events',
  deadLetters: 'coalmine.dead-letters',
} as const;

export type OwnTopic = keyof typeof OWN_TOPICS;

/** Where reading one topic of a partition begins again. */
export interface TopicPosition {
  readonly topic: string;
  readonly nextOffset: number;
  /** The lowest offset that an open window still needs. */
  readonly replayOffset: number;
}

/** A row of the current arm for the reference profile: its values by field name. */
export interface SampledRecord {
  readonly hashHigh: number;
  readonly hashLow: number;
  readonly eventTimeMs: number;
  readonly values: Readonly<Record<string, number | string | null>>;
}

/** What became of records that belong to no window, and how many were read, up to a position. */
export interface PositionCounters {
  readonly read: number;
  readonly late: number;
  readonly deadLettered: number;
  readonly ignored: number;
}

interface FromPartition {
  readonly rolloutId: string;
  readonly partition: number;
  /** Every window that ends at or before this event time was sent, or holds nothing here. */
  readonly reportedThroughMs: number;
  /** The cells that windows are counted in here now; null while they are learned. */
  readonly profileHash: string | null;
  readonly watermarkMs: number;
  readonly positions: readonly TopicPosition[];
  readonly counters: PositionCounters;
}

/** One partition's numbers of one window. Identity: (rollout, partition, window, revision); the first one counts. */
export interface PartialMessage extends FromPartition, SparsePartial {
  readonly kind: 'partial';
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly revision: number;
  /** The cells of this window; null: it was counted while they were learned. */
  readonly windowProfileHash: string | null;
  readonly outcomes: {
    readonly strata: readonly OutcomeStratum[];
    readonly increments: readonly OutcomeIncrement[];
    readonly letGoThrough: number | null;
  };
  /** Rows offered to the sample of this window, and how many chunks of kept rows came before. */
  readonly sampleSeen: number;
  readonly sampleChunkCount: number;
}

/** Kept rows of one window while the profile is learned, cut to fit a message; sent before its partial. */
export interface SampleMessage {
  readonly kind: 'sample';
  readonly rolloutId: string;
  readonly partition: number;
  readonly windowStartMs: number;
  readonly chunk: number;
  readonly rows: readonly SampledRecord[];
}

/** A quiet partition says how far it is. */
export interface HeartbeatMessage extends FromPartition {
  readonly kind: 'heartbeat';
}

/** What travels on `coalmine.partials`, keyed by rollout. */
export type JoinerMessage = PartialMessage | SampleMessage | HeartbeatMessage;

/** A place to begin again from: offsets by topic, and what the partition knew there. */
export interface StreamMark {
  /** Records of the partition read before it, over all its topics, in the order in which they are joined. */
  readonly sequence: number;
  readonly offsets: Readonly<Record<string, number>>;
  readonly clockMs: number | null;
  readonly facts: StoredFacts;
}

/** What a new owner of a partition begins with; the latest of (rollout, partition) counts. */
export interface PositionsRecord {
  readonly rolloutId: string;
  readonly partition: number;
  readonly positions: readonly TopicPosition[];
  readonly watermarkMs: number;
  readonly reportedThroughMs: number;
  readonly profileHash: string | null;
  /** Identity of the data folder that holds this partition's waiting requests. */
  readonly folderId: string;
  /** Joined from here, every window that is not reported is rebuilt. */
  readonly mark: StreamMark;
  /**
   * Joined from here, all that may be asked for again is rebuilt: requests that wait for outcomes,
   * and while cells are learned every window.
   */
  readonly originMark: StreamMark;
  readonly counters: PositionCounters;
  /** By side: records that are of no arm, or of no use, are counted before these offsets. */
  readonly countedOffsets: Readonly<Record<string, number>>;
  /** Behind the origin mark: where processing time closed windows, after all records before these offsets. */
  readonly silentMoves: readonly SilentMove[];
}

/**
 * How far a rollout's windows are merged, and its cells. While cells are learned joiners do not run
 * far ahead of it; windows that were counted without them from `fromMs` on are counted again.
 */
export interface ReferenceState {
  readonly rolloutId: string;
  readonly mergedThroughMs: number | null;
  readonly profile: {
    readonly hash: string;
    readonly fromMs: number | null;
    readonly profile: ReferenceProfile;
  } | null;
}

/** A rollout that was applied: on `coalmine.rollouts`, the latest of a rollout counts. */
export interface AppliedRollout {
  readonly rolloutId: string;
  /** The plan as the user wrote it, and its file name for messages. */
  readonly planText: string;
  readonly planFile: string;
  readonly policyDigest: string;
  readonly topics: {
    readonly current: string;
    readonly canary: string;
    readonly outcomes: string | null;
  };
  /** Partition count of its topics when it was applied: a change needs a new rollout. */
  readonly partitionCount: number;
  /** Where its topics are read from when nobody read them before. */
  readonly startAt: 'earliest' | 'latest';
}

/** Encodings of what is ours on the wire. A value that does not decode is a `CoalmineError` of code `undecodable`. */
export interface MessageCodec {
  encodeJoinerMessage(message: JoinerMessage): Promise<Uint8Array>;
  decodeJoinerMessage(bytes: Uint8Array): Promise<JoinerMessage>;
  encodePositions(record: PositionsRecord): Promise<Uint8Array>;
  decodePositions(bytes: Uint8Array): Promise<PositionsRecord>;
  encodeReference(state: ReferenceState): Promise<Uint8Array>;
  decodeReference(bytes: Uint8Array): Promise<ReferenceState>;
}
