import type { RoutingTable, ShareChange } from '../events/routing.ts';
import { assert } from '../foundation/assert.ts';

/** Buckets in all: a share is told apart to 0.01 %. The same in every router of a rollout. */
export const BUCKET_TOTAL = 10_000;

/** What a routing table says of a rollout before any share is known. */
export interface RoutedRollout {
  readonly rolloutId: string;
  readonly model: string;
  readonly currentVersion: string;
  readonly canaryVersion: string;
  readonly key: RoutingTable['key'];
  readonly boundary: RoutingTable['boundary'];
  readonly sessionMaxAgeMs: number;
}

/**
 * The first table of a rollout: share 0 from its start, an event time in ms on a window boundary.
 * The salt is `<model>/<rollout id>`, so that consecutive rollouts do not hit the same units first.
 *
 * @example firstTable({ model: 'fraud', rolloutId: 'fraud-v7.1', ... }, 0).salt // 'fraud/fraud-v7.1'
 */
export function firstTable(rollout: RoutedRollout, fromMs: number): RoutingTable {
  return {
    rolloutId: rollout.rolloutId,
    model: rollout.model,
    currentVersion: rollout.currentVersion,
    canaryVersion: rollout.canaryVersion,
    salt: `${rollout.model}/${rollout.rolloutId}`,
    hash: 'murmur3',
    total: BUCKET_TOTAL,
    key: rollout.key,
    boundary: rollout.boundary,
    sessionMaxAgeMs: rollout.sessionMaxAgeMs,
    shares: [{ fromMs, share: 0 }],
    endMs: null,
    sequence: 1,
  };
}

/**
 * The next table: the canary has `change.share` (in [0, 1]) from `change.fromMs` (event time) on.
 * Changes that were announced for that time or later, and have thus not happened, are taken back.
 * A share that is in force then already adds nothing to the history. Asserts on a share out of
 * range and on a change before the rollout's start.
 *
 * @example withShare(table, { fromMs: 3_600_000, share: 0.05 }).shares.at(-1)?.share // 0.05
 */
export function withShare(table: RoutingTable, change: ShareChange): RoutingTable {
  assert(change.share >= 0 && change.share <= 1, `a share is in [0, 1], not ${change.share}`);
  const first = table.shares[0];
  assert(first !== undefined && change.fromMs >= first.fromMs, 'a share changes after the start');
  const kept = table.shares.filter((each) => each.fromMs < change.fromMs);
  const shares = kept.at(-1)?.share === change.share ? kept : [...kept, change];
  return { ...table, shares, sequence: table.sequence + 1 };
}

/**
 * The last table of a rollout: from `change.fromMs` (event time) on it is over, and every unit follows
 * `change.share` (in [0, 1]), whenever its session began. Asserts as `withShare` does.
 *
 * @example withEnd(table, { fromMs: 3_600_000, share: 0 }).endMs // 3_600_000
 */
export function withEnd(table: RoutingTable, change: ShareChange): RoutingTable {
  return { ...withShare(table, change), endMs: change.fromMs };
}

/**
 * The canary's share of the units at an event time in ms, in [0, 1]; 0 before the rollout's start
 * and for an empty history.
 *
 * @example shareAt({ shares: [{ fromMs: 0, share: 0 }, { fromMs: 60_000, share: 0.05 }] }, 59_999) // 0
 */
export function shareAt(table: Pick<RoutingTable, 'shares'>, eventTimeMs: number): number {
  for (let i = table.shares.length - 1; i >= 0; i -= 1) {
    const change = table.shares[i];
    if (change !== undefined && change.fromMs <= eventTimeMs) return change.share;
  }
  return 0;
}

/** Whether a router may put a table in place of the one that is in force. */
export type Succession =
  | { readonly kind: 'apply' }
  | { readonly kind: 'same' }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * The rule that all routers keep: a table replaces one of a lower sequence of the same rollout, or
 * of another rollout of the same model; the same table again changes nothing; all else is refused
 * with the reason. With nothing in force (null) every table applies.
 *
 * @example succession(null, table) // { kind: 'apply' }
 */
export function succession(inForce: RoutingTable | null, next: RoutingTable): Succession {
  if (inForce === null) return { kind: 'apply' };
  if (inForce.model !== next.model) {
    return refused(`it holds the table of the model ${inForce.model}, not of ${next.model}`);
  }
  if (inForce.rolloutId !== next.rolloutId) return { kind: 'apply' };
  if (inForce.sequence < next.sequence) return { kind: 'apply' };
  if (inForce.sequence > next.sequence) {
    return refused(
      `table ${inForce.sequence} of ${next.rolloutId} is in force: table ${next.sequence} is older`,
    );
  }
  if (sameTable(inForce, next)) return { kind: 'same' };
  return refused(`another table ${next.sequence} of ${next.rolloutId} is in force`);
}

function refused(reason: string): Succession {
  return { kind: 'refused', reason };
}

/**
 * Whether two tables send every unit to the same version at all times, and say so in the same words.
 *
 * @example sameTable(table, { ...table, sequence: table.sequence + 1 }) // false
 */
export function sameTable(a: RoutingTable, b: RoutingTable): boolean {
  return (
    a.rolloutId === b.rolloutId &&
    a.model === b.model &&
    a.currentVersion === b.currentVersion &&
    a.canaryVersion === b.canaryVersion &&
    a.salt === b.salt &&
    a.total === b.total &&
    a.key === b.key &&
    a.boundary === b.boundary &&
    a.sessionMaxAgeMs === b.sessionMaxAgeMs &&
    a.sequence === b.sequence &&
    a.endMs === b.endMs &&
    a.shares.length === b.shares.length &&
    a.shares.every((change, i) => {
      const other = b.shares[i];
      return other?.fromMs === change.fromMs && other.share === change.share;
    })
  );
}
