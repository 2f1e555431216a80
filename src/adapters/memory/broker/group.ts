import { coPartition } from '../../../pipeline/stream/co-partition.ts';
import type { SourceEvent, TopicPartition } from '../../../pipeline/stream/ports.ts';

/** A member of a group, and what it has yet to be told. */
export interface Member {
  readonly memberId: string;
  readonly topics: readonly string[];
  /** Partition numbers of the last assignment: it keeps them where it may. */
  owned: readonly number[];
  /** `outside`: ejected, and joins again when it has heard of it. `gone`: never again. */
  state: 'inside' | 'outside' | 'gone';
  /** Whether the last that it was told is that it owns something. */
  isOwner: boolean;
  readonly news: SourceEvent[];
}

/** The members of one group, in the order in which they joined. */
export interface Group {
  readonly members: Map<string, Member>;
  readonly countOf: (topic: string) => number;
}

/** Everybody loses everything and is given a share, as Kafka's eager protocol does it. */
export function rebalanceGroup(
  group: Group,
  chosen: ReadonlyMap<string, readonly number[]> | null = null,
): void {
  const members = [...group.members.values()];
  const topics = members.flatMap((member) => member.topics);
  const partitionCount = Math.max(0, ...topics.map(group.countOf));
  const shares = chosen ?? coPartition(partitionCount, members);
  for (const member of members) {
    revoke(member);
    member.owned = shares.get(member.memberId) ?? [];
    member.news.push({ kind: 'assigned', partitions: partitionsOf(group, member) });
  }
}

/** News that were not heard are void; a member that never owned anything has nothing to lose. */
export function revoke(member: Member): void {
  member.news.length = 0;
  if (member.isOwner) member.news.push({ kind: 'revoked' });
}

function partitionsOf(group: Group, member: Member): readonly TopicPartition[] {
  return member.topics.flatMap((topic) =>
    member.owned
      .filter((partition) => partition < group.countOf(topic))
      .map((partition) => ({ topic, partition })),
  );
}
