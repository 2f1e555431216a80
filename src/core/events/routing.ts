/** From an event time on, the canary's share of the units. */
export interface ShareChange {
  readonly fromMs: number;
  readonly share: number;
}

/**
 * What a router needs to send each unit to its version: a pure function of the unit and, with
 * `boundary: session`, of the session's start. The canary has the low buckets, so growth moves
 * units one way.
 */
export interface RoutingTable {
  readonly rolloutId: string;
  readonly model: string;
  readonly currentVersion: string;
  readonly canaryVersion: string;
  readonly salt: string;
  readonly hash: 'murmur3';
  /** Buckets in all: 10,000. */
  readonly total: number;
  /** What the hash is of: the unit, or the request id. */
  readonly key: 'unit_id' | 'request_id';
  readonly boundary: 'request' | 'session';
  /** With `boundary: session`, a session older than this is assigned as if it began so long ago. */
  readonly sessionMaxAgeMs: number;
  /** Oldest first; the first is share 0 from the rollout's start. */
  readonly shares: readonly ShareChange[];
  /** From this event time on the rollout is over, and the share decides whenever a session began; null: it runs. */
  readonly endMs: number | null;
  /** Counts the changes: a router ignores a lower one than it has. */
  readonly sequence: number;
}

export type RolloutPhase = 'shadow' | 'split' | 'watching' | 'promoted' | 'rolled_back';

/** What the controller did, in order: the history of a rollout. */
export interface RolloutEvent {
  readonly rolloutId: string;
  readonly sequence: number;
  readonly kind:
    | 'stage_began'
    | 'stage_passed'
    | 'promoted'
    | 'rolled_back'
    | 'held'
    | 'plan_changed';
  readonly stageIndex: number;
  readonly share: number;
  /** The event time at which it takes effect: a window boundary. */
  readonly fromMs: number;
  /** The verdict that caused it, if one did. */
  readonly verdictId: string | null;
  readonly reason: string;
}

/** Something a person must be told. */
export interface Notification {
  /** Stable over retries: receivers drop what they have seen. */
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly rolloutId: string;
  readonly title: string;
  readonly text: string;
  readonly eventTimeMs: number;
  readonly verdictId: string | null;
}
