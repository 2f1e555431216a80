import type { Arm } from '../events/arm.ts';
import type { RoutingTable } from '../events/routing.ts';
import { bucketOf, murmur3 } from '../foundation/hash.ts';
import { BUCKET_TOTAL, shareAt } from './routing-table.ts';

/** Which share decided: that of the event time, that of the session's start, or none. */
export type AssignmentReason = 'share_now' | 'share_at_session_start' | 'no_share';

/** One unit's version, and the numbers that chose it. */
export interface Assignment {
  readonly arm: Arm;
  /** In [0, table.total): the canary has the low ones. */
  readonly bucket: number;
  /** Unsigned 32-bit hash of salt and unit. */
  readonly hash: number;
  /** The canary's share that was compared with, in [0, 1]. */
  readonly share: number;
  readonly why: AssignmentReason;
}

/** Who asks, and when (event times in ms). */
export interface AssignmentQuery {
  /** The user or session, or the request id where the log has no unit. */
  readonly unitId: string;
  readonly atMs: number;
  /** Used with `boundary: session` only; null or absent: the event time itself. */
  readonly sessionStartMs?: number | null;
}

/**
 * The version that serves a unit at an event time: a pure function of the table and the query.
 * h = murmur3_x86_32(utf8(salt + unit id)), bucket = floor(h * total / 2^32), canary when
 * bucket < round(share * total): a growing share moves units one way. With `boundary: session` the
 * share at the session's start decides, so a session keeps its version for as long as the share grows and it is not older than
 * the table's `sessionMaxAgeMs`;
 * once the rollout is over (promoted or rolled back) the share at the event time is for all of them.
 * Before the rollout's start the share is 0.
 *
 * @example assign({ ...table, salt: 'fraud/r1' }, { unitId: 'user-1', atMs }).bucket // 2922
 */
export function assign(table: RoutingTable, query: AssignmentQuery): Assignment {
  const hash = murmur3(table.salt + query.unitId);
  const bucket = bucketOf(hash, table.total);
  const { share, why } = decidingShare(table, query);
  const arm = bucket < canaryBucketCount(share, table.total) ? 'canary' : 'current';
  return { arm, bucket, hash, share, why };
}

function decidingShare(
  table: RoutingTable,
  query: AssignmentQuery,
): { readonly share: number; readonly why: AssignmentReason } {
  const shareNow = shareAt(table, query.atMs);
  if (shareNow === 0) return { share: 0, why: 'no_share' };
  const sessionStartMs = query.sessionStartMs ?? null;
  const isOver = table.endMs !== null && query.atMs >= table.endMs;
  if (table.boundary === 'request' || sessionStartMs === null || isOver) {
    return { share: shareNow, why: 'share_now' };
  }
  // A session cannot begin after its own request: such a clock must not see a share that is still to come.
  const beganMs = Math.max(sessionStartMs, query.atMs - table.sessionMaxAgeMs);
  const share = shareAt(table, Math.min(beganMs, query.atMs));
  return { share, why: 'share_at_session_start' };
}

/**
 * How many of `total` buckets, counted from 0, a share in [0, 1] gives to the canary.
 *
 * @example canaryBucketCount(0.05, 10_000) // 500
 */
export function canaryBucketCount(share: number, total: number): number {
  return Math.round(share * total);
}

/**
 * The sentence that tells a person why a unit is where it is.
 *
 * @example explainAssignment(table, assign(table, query)) // 'canary v7: bucket 288 of 10000 is below 500 (5 % of the units)'
 */
export function explainAssignment(table: RoutingTable, assignment: Assignment): string {
  const { arm, bucket, share } = assignment;
  const version = arm === 'canary' ? table.canaryVersion : table.currentVersion;
  if (assignment.why === 'no_share') {
    return `${arm} ${version}: the canary has no traffic at this time (bucket ${bucket} of ${table.total})`;
  }
  const relation = arm === 'canary' ? 'is below' : 'is not below';
  const limit = canaryBucketCount(share, table.total);
  const when = assignment.why === 'share_at_session_start' ? ' when its session began' : '';
  return `${arm} ${version}: bucket ${bucket} of ${table.total} ${relation} ${limit} (${percent(share)} of the units${when})`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(4))} %`;
}

/** A request, as the mirror rule sees it. */
export interface MirroredRequest {
  readonly rolloutId: string;
  readonly requestId: string;
}

/**
 * Whether a request is also sent to the other arm in shadow, at a mirror share in [0, 1]: producer,
 * router and joiner all compute it from bucket(`mirror:` + rollout id + request id). Its own prefix
 * keeps it independent of the assignment.
 *
 * @example isAsked(1, { rolloutId: 'fraud-v7.1', requestId: 'r-1' }) // true
 */
export function isAsked(share: number, request: MirroredRequest): boolean {
  const hash = murmur3(`mirror:${request.rolloutId}${request.requestId}`);
  return bucketOf(hash, BUCKET_TOTAL) < canaryBucketCount(share, BUCKET_TOTAL);
}
