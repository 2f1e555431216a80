import type { Assigner, AssignerProtocol, Cluster, GroupMember, PartitionAssigner } from 'kafkajs';
import { coPartition } from '../../pipeline/stream/co-partition.ts';

type Protocol = typeof AssignerProtocol;

interface Subscriber {
  readonly memberId: string;
  readonly topics: readonly string[];
  readonly owned: readonly number[];
}

const VERSION = 1;

/**
 * Partition p of all topics of the group goes to one member.
 *
 * @param owned what this member had last; it travels with each of its joins
 */
export function coPartitionAssigner(
  { MemberAssignment, MemberMetadata }: Protocol,
  owned: () => readonly number[],
): PartitionAssigner {
  return ({ cluster }: { cluster: Cluster }): Assigner => ({
    name: 'CoalmineCoPartition',
    version: VERSION,
    protocol({ topics }) {
      const userData = Buffer.from(JSON.stringify({ owned: owned() }));
      const metadata = MemberMetadata.encode({ version: VERSION, topics, userData });
      return { name: this.name, metadata };
    },
    async assign({ members, topics }) {
      const counts = new Map(
        topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length]),
      );
      const subscribers = members.map((member) => subscriberOf(member, MemberMetadata));
      return [...assignmentsOf(counts, subscribers)].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: VERSION,
          assignment,
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

/** Partitions by topic for each member; a member gets none of a topic that it did not ask for. */
export function assignmentsOf(
  counts: ReadonlyMap<string, number>,
  subscribers: readonly Subscriber[],
): Map<string, Record<string, number[]>> {
  const shares = coPartition(Math.max(0, ...counts.values()), subscribers);
  const assignments = new Map<string, Record<string, number[]>>();
  for (const { memberId, topics } of subscribers) {
    const share = shares.get(memberId) ?? [];
    const byTopic = topics.map((topic) => {
      const count = counts.get(topic) ?? 0;
      return [topic, share.filter((partition) => partition < count)] as const;
    });
    assignments.set(memberId, Object.fromEntries(byTopic));
  }
  return assignments;
}

function subscriberOf(member: GroupMember, metadata: Protocol['MemberMetadata']): Subscriber {
  const decoded = metadata.decode(member.memberMetadata);
  return {
    memberId: member.memberId,
    topics: decoded?.topics ?? [],
    owned: ownedOf(decoded?.userData ?? Buffer.alloc(0)),
  };
}

/** Where a member stood is a hint: what cannot be read counts as nothing. */
function ownedOf(userData: Buffer): readonly number[] {
  try {
    const parsed: unknown = JSON.parse(userData.toString());
    if (typeof parsed !== 'object' || parsed === null || !('owned' in parsed)) return [];
    return Array.isArray(parsed.owned) ? parsed.owned.filter((each) => Number.isInteger(each)) : [];
  } catch {
    return [];
  }
}
