import { AssignerProtocol, type Cluster, Kafka, logLevel } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import {
  assignmentsOf,
  coPartitionAssigner,
} from '../../../../src/adapters/kafka/co-partition-assigner.ts';

describe('the assigner', () => {
  const members = ['a', 'b'].map((memberId) => ({ memberId, topics: ['x', 'y'], owned: [] }));

  test('gives one number of all topics to one member', () => {
    const counts = new Map([
      ['x', 3],
      ['y', 3],
    ]);
    expect(assignmentsOf(counts, members)).toEqual(
      new Map([
        ['a', { x: [0, 1], y: [0, 1] }],
        ['b', { x: [2], y: [2] }],
      ]),
    );
  });

  test('keeps numbers together where topics have different counts', () => {
    const counts = new Map([
      ['x', 4],
      ['y', 1],
    ]);
    expect(assignmentsOf(counts, members)).toEqual(
      new Map([
        ['a', { x: [0, 1], y: [0] }],
        ['b', { x: [2, 3], y: [] }],
      ]),
    );
  });

  test('gives nobody a topic that it did not ask for', () => {
    const older = { memberId: 'a', topics: ['x'], owned: [] };
    const assignments = assignmentsOf(new Map([['y', 2]]), [older]);
    expect(assignments).toEqual(new Map([['a', { x: [] }]]));
  });

  test('carries what a member had to whoever assigns', async () => {
    const assignerOf = (owned: readonly number[]) => {
      const cluster = clusterWith(4);
      const logger = new Kafka({ brokers: ['x:1'], logLevel: logLevel.NOTHING }).logger();
      return coPartitionAssigner(AssignerProtocol, () => owned)({ cluster, groupId: 'g', logger });
    };
    const joins = [
      { memberId: 'a', memberMetadata: assignerOf([1]).protocol({ topics: ['x'] }).metadata },
      { memberId: 'b', memberMetadata: assignerOf([0, 3]).protocol({ topics: ['x'] }).metadata },
      { memberId: 'c', memberMetadata: Buffer.from([0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0x7b]) },
    ];
    const assigned = await assignerOf([]).assign({ members: joins, topics: ['x'] });
    const shares = assigned.map(({ memberId, memberAssignment }) => [
      memberId,
      AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment['x'],
    ]);
    expect(shares).toEqual([
      ['a', [1]],
      ['b', [0, 3]],
      ['c', undefined],
    ]);
  });
});

/** A cluster as kafkajs hands it to an assigner, whose topics all have so many partitions. */
function clusterWith(partitionCount: number): Cluster {
  let given: Cluster | null = null;
  new Kafka({ brokers: ['x:1'], logLevel: logLevel.NOTHING }).consumer({
    groupId: 'g',
    partitionAssigners: [
      ({ cluster }) => {
        given = cluster;
        return {
          name: 'n',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: 'n', metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  if (given === null) throw new Error('kafkajs hands over no cluster');
  return Object.assign<Cluster, Partial<Cluster>>(given, {
    findTopicPartitionMetadata: () =>
      Array.from({ length: partitionCount }, (_, partitionId) => ({
        partitionErrorCode: 0,
        partitionId,
        leader: 0,
        replicas: [],
        isr: [],
      })),
  });
}
