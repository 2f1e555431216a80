import { defined } from '../../../core/foundation/assert.ts';
import type {
  OutgoingRecord,
  PartitionSource,
  RawRecord,
  TopicTable,
  TopicWriter,
} from '../../../pipeline/stream/ports.ts';
import { type Group, type Member, rebalanceGroup, revoke } from './group.ts';
import { MemorySource } from './source.ts';
import { memoryTable } from './table.ts';
import { type AppendedRecord, memoryTopics, type Topics } from './topics.ts';

export interface MemoryBrokerOptions {
  /** Stamps appended records, and says when a source asked. */
  readonly nowMs: () => number;
  /** Most records of a batch; 500 by default. */
  readonly batchRecordsMax?: number;
  /** `manual`: nobody owns anything, and nobody loses it, until `rebalance` or `assign`. */
  readonly rebalancing?: 'automatic' | 'manual';
}

/**
 * A broker in this process, for tests and simulations: everything happens within the call that
 * asks for it, there is no timer and no chance, and nothing is ever deleted.
 */
export interface MemoryBroker {
  createTopic(name: string, partitionCount: number): void;
  /** Returns the offset of the first. */
  append(topic: string, partition: number, records: readonly AppendedRecord[]): number;
  /** Offsets that no record has, as transactions and compaction leave them. */
  leaveGap(topic: string, partition: number, count: number): void;
  records(topic: string, partition: number): readonly RawRecord[];
  setBatchRecordsMax(count: number): void;
  /** Joins the group. Whoever had this member id in the group before is ejected for good. */
  source(group: string, topics: readonly string[], memberId: string): PartitionSource;
  writer(): TopicWriter;
  table(topic: string): TopicTable;
  /** A new round without a reason: every member loses its share and is given one. */
  rebalance(group: string): void;
  /** The same with shares of the caller's choice: partition numbers by member id. */
  assign(group: string, shares: ReadonlyMap<string, readonly number[]>): void;
  /** The member's session ends in all its groups. If it is alive it hears so, and joins again. */
  eject(memberId: string): void;
}

export function memoryBroker(options: MemoryBrokerOptions): MemoryBroker {
  const topics = memoryTopics(options.nowMs);
  const groups = memoryGroups(topics, options.rebalancing ?? 'automatic');
  let batchRecordsMax = options.batchRecordsMax ?? 500;
  return {
    createTopic: topics.create,
    append: (topic, partition, records) => topics.append({ topic, partition }, records),
    leaveGap: (topic, partition, count) => {
      topics.log({ topic, partition }).endOffset += count;
    },
    records: (topic, partition) => topics.log({ topic, partition }).records,
    setBatchRecordsMax: (count) => {
      batchRecordsMax = count;
    },
    source: (group, names, memberId) => {
      const member = newMember(names, memberId);
      groups.join(group, member);
      return new MemorySource({
        topics,
        member,
        nowMs: options.nowMs,
        batchRecordsMax: () => batchRecordsMax,
        join: () => groups.join(group, member),
        leave: () => groups.leave(group, member),
      });
    },
    writer: () => memoryWriter(topics),
    table: (topic) => memoryTable(topics, topic),
    rebalance: (group) => rebalanceGroup(groups.get(group)),
    assign: (group, shares) => rebalanceGroup(groups.get(group), shares),
    eject: groups.eject,
  };
}

function newMember(topics: readonly string[], memberId: string): Member {
  return { memberId, topics, owned: [], state: 'outside', isOwner: false, news: [] };
}

function memoryGroups(topics: Topics, rebalancing: 'automatic' | 'manual') {
  const groups = new Map<string, Group>();
  const changed = (group: Group) => {
    if (rebalancing === 'automatic') rebalanceGroup(group);
  };
  return {
    get: (name: string): Group => defined(groups.get(name), `group ${name}`),
    join: (name: string, member: Member) => {
      const group = groups.get(name) ?? { members: new Map(), countOf: topics.countOf };
      groups.set(name, group);
      const former = group.members.get(member.memberId);
      if (former !== undefined) remove(group, former, 'gone');
      group.members.set(member.memberId, member);
      member.state = 'inside';
      changed(group);
    },
    leave: (name: string, member: Member) => {
      const group = defined(groups.get(name), `group ${name}`);
      const wasInside = member.state === 'inside';
      remove(group, member, 'gone');
      member.news.length = 0;
      if (wasInside) changed(group);
    },
    eject: (memberId: string) => {
      for (const group of groups.values()) {
        const member = group.members.get(memberId);
        if (member === undefined) continue;
        remove(group, member, 'outside');
        changed(group);
      }
    },
  };
}

function remove(group: Group, member: Member, state: 'outside' | 'gone'): void {
  if (group.members.get(member.memberId) === member) group.members.delete(member.memberId);
  revoke(member);
  member.state = state;
}

function memoryWriter(topics: Topics): TopicWriter {
  const sendAll = (topic: string, records: readonly OutgoingRecord[]) => {
    const offsets = records.map((record) => {
      const partition = topics.partitionOf(topic, record);
      return topics.append({ topic, partition }, [record]);
    });
    return { firstOffset: offsets[0] ?? 0 };
  };
  return {
    send: (topic, records) => Promise.resolve(sendAll(topic, records)),
    close: () => Promise.resolve(),
  };
}
