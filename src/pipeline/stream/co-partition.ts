/** A member of a consumer group, as whoever assigns sees it. */
export interface GroupMember {
  readonly memberId: string;
  /** Partition numbers that it had before: it keeps what it may. */
  readonly owned: readonly number[];
}

/**
 * Gives out partition numbers, each to one member: numbers per member differ by at most one, and
 * no more of them change hands than that needs. Depends on nothing but its arguments, so every
 * member would decide the same.
 *
 * @param partitionCount numbers 0 to `partitionCount` - 1 are given out
 * @returns numbers by member id, ascending; no members give an empty map
 * @example coPartition(3, [{ memberId: 'b', owned: [2, 0] }, { memberId: 'a', owned: [] }])
 *   // Map { 'b' => [0, 2], 'a' => [1] }
 */
export function coPartition(
  partitionCount: number,
  members: readonly GroupMember[],
): Map<string, number[]> {
  const claims = claimsOf(partitionCount, members);
  const order = members
    .map(({ memberId }) => memberId)
    .sort((a, b) => sizeOf(claims, b) - sizeOf(claims, a) || (a < b ? -1 : 1));
  const share = Math.floor(partitionCount / Math.max(1, order.length));
  const remainder = partitionCount - share * order.length;
  // Who has most keeps most: the odd numbers go to those who need not be given them.
  const quota = (at: number) => share + (at < remainder ? 1 : 0);
  const kept = new Map(
    order.map((memberId, at) => [memberId, (claims.get(memberId) ?? []).slice(0, quota(at))]),
  );
  const taken = new Set([...kept.values()].flat());
  let at = 0;
  for (let number = 0; number < partitionCount && order.length > 0; number += 1) {
    if (taken.has(number)) continue;
    while (sizeOf(kept, order[at] ?? '') >= quota(at)) at += 1;
    kept.get(order[at] ?? '')?.push(number);
  }
  for (const numbers of kept.values()) numbers.sort((a, b) => a - b);
  return kept;
}

/** What each has a claim to. Of two who name one number, the one with the lower id has it. */
function claimsOf(
  partitionCount: number,
  members: readonly GroupMember[],
): ReadonlyMap<string, readonly number[]> {
  const claimed = new Set<number>();
  const byId = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  return new Map(
    byId.map(({ memberId, owned }) => {
      const valid = [...new Set(owned)]
        .filter((number) => number >= 0 && number < partitionCount && !claimed.has(number))
        .sort((a, b) => a - b);
      for (const number of valid) claimed.add(number);
      return [memberId, valid];
    }),
  );
}

function sizeOf(numbers: ReadonlyMap<string, readonly number[]>, memberId: string): number {
  return numbers.get(memberId)?.length ?? 0;
}
