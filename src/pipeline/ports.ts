import type { BatchSchema, OutcomeColumns, PredictionColumns } from '../core/events/batch.ts';
import type { DeadLetter } from '../core/events/dead-letter.ts';
import type { ReferenceProfile } from '../core/events/profile.ts';
import type { Notification, RolloutEvent, RoutingTable } from '../core/events/routing.ts';
import type { Verdict } from '../core/events/verdict.ts';
import type { WindowSummary } from '../core/windows/summary.ts';

/**
 * A stretch of the embedded log: the records of all inputs in their one order. Entry i of `order`
 * is a record: `order[i] >> 2` is its row, `order[i] & 3` its column set (0 current, 1 canary, 2 outcomes).
 */
export interface LogFrame {
  readonly current: PredictionColumns | null;
  readonly canary: PredictionColumns | null;
  readonly outcomes: OutcomeColumns | null;
  readonly order: Int32Array;
  readonly length: number;
  /** Number of the first record in the whole log, from 0. */
  readonly firstSequence: number;
  /** Where reading begins again right after this frame: opaque to all but the log that made it. */
  readonly resumeToken: string;
  /** Records of this frame that could not be used, each with its sequence number. */
  readonly deadLetters: readonly { readonly sequence: number; readonly letter: DeadLetter }[];
}

/** Prediction logs and outcomes as one ordered log. Reading is pulled, one frame at a time. */
export interface PredictionLog {
  /** What the columns mean; known before the first frame. */
  readonly schema: BatchSchema;
  /** The next frame, or null at the end of all inputs. A frame is valid until the next call. */
  next(): Promise<LogFrame | null>;
  close(): Promise<void>;
}

/** Everything that changes together when a window closes: one transaction. */
export interface Commit {
  readonly windows: readonly StoredWindow[];
  readonly verdicts: readonly Verdict[];
  readonly events: readonly RolloutEvent[];
  readonly notifications: readonly Notification[];
  readonly deadLetters: readonly { readonly sequence: number; readonly letter: DeadLetter }[];
  readonly profile: {
    readonly hash: string;
    readonly profile: ReferenceProfile;
    readonly fromMs: number;
  } | null;
  /** The resumable state of the line, as JSON: position, counters, judge, controller. */
  readonly state: string;
}

/** A merged window: its numbers, and the exact partial that they were computed from. */
export interface StoredWindow {
  readonly summary: WindowSummary;
  readonly stageIndex: number;
  /** The boundary from which a change that its verdict caused takes effect; null: stored by an older version. */
  readonly effectiveFromMs: number | null;
  /** The exact merged partial, encoded. */
  readonly partial: Uint8Array;
  /** Where each partition with a record here stood when it handed its numbers on. */
  readonly positions: readonly PartitionPosition[];
}

export interface PartitionPosition {
  readonly partition: number;
  readonly watermarkMs: number;
  /** Predictions of both arms read so far. */
  readonly nextOffset: number;
}

/** What kind of row waits in the outbox. */
export type OutboxKind = 'verdict' | 'dead_letter' | 'notification' | 'event';

/** A row of the outbox, numbered per kind from 1 without gaps. */
export interface OutboxRow {
  readonly kind: OutboxKind;
  readonly number: number;
  readonly id: string;
  readonly body: string;
}

/** The durable state of one rollout. One process owns it. */
export interface WindowStore {
  /** The state of the last commit, or null for a new store. */
  loadState(): Promise<string | null>;
  commit(commit: Commit): Promise<void>;
  /** Rows of a kind after `afterNumber`, oldest first, at most `limit`. */
  outbox(kind: OutboxKind, afterNumber: number, limit: number): Promise<readonly OutboxRow[]>;
  /** Writes what is not yet published as Parquet (windows, cells, verdicts). */
  publish(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A numbered, append-only sink: a number at or below the last one written is ignored. */
export interface VerdictSink {
  /** The highest number already written, 0 when none. */
  lastNumber(): Promise<number>;
  append(rows: readonly OutboxRow[]): Promise<void>;
  close(): Promise<void>;
}

/** Moves traffic. `apply` is idempotent; a table of a lower sequence than the one in force is refused. */
export interface Router {
  apply(table: RoutingTable): Promise<void>;
  /** The table in force, or null before the first. */
  read(): Promise<RoutingTable | null>;
}

/** Tells a person. `notify` is idempotent by notification id. */
export interface Notifier {
  notify(notification: Notification): Promise<void>;
}

/** Predictions that wait for outcomes, kept by (partition, window) until settled or past the horizon. */
export interface OutcomeSegments {
  write(name: string, bytes: Uint8Array): Promise<void>;
  read(name: string): Promise<Uint8Array>;
  list(): Promise<readonly string[]>;
  remove(names: readonly string[]): Promise<void>;
}

/** Joined pairs that are kept for people to look at. */
export interface PairSink {
  write(file: string, pairs: readonly KeptPair[]): Promise<void>;
  /** Removes the files of windows that ended before this event time. */
  expire(beforeMs: number): Promise<number>;
}

export interface KeptPair {
  readonly requestId: string;
  readonly rowIndex: number;
  readonly windowStartMs: number;
  readonly currentEventTimeMs: number;
  readonly canaryEventTimeMs: number;
  readonly currentScore: number | null;
  readonly canaryScore: number | null;
  readonly currentLabel: string | null;
  readonly canaryLabel: string | null;
  readonly disagree: boolean | null;
  /** Current arm's feature and context values by field name, numbers and categories alike. */
  readonly fields: Readonly<Record<string, number | string | null>>;
}
