import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coPartition, type GroupMember } from '../../src/pipeline/stream/co-partition.ts';

const memberIds = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 12 });
const partitionCounts = fc.integer({ min: 0, max: 64 });
const groups = fc.uniqueArray(
  fc.record({
    memberId: fc.string({ minLength: 1, maxLength: 4 }),
    owned: fc.array(fc.integer({ min: -2, max: 70 }), { maxLength: 20 }),
  }),
  { selector: ({ memberId }) => memberId, minLength: 1, maxLength: 12 },
);

const unowned = (ids: readonly string[]): GroupMember[] =>
  ids.map((memberId) => ({ memberId, owned: [] }));

const owners = (shares: ReadonlyMap<string, readonly number[]>): GroupMember[] =>
  [...shares].map(([memberId, owned]) => ({ memberId, owned }));

function movedBetween(
  before: ReadonlyMap<string, readonly number[]>,
  after: ReadonlyMap<string, readonly number[]>,
): number {
  const had = new Map([...before].flatMap(([id, numbers]) => numbers.map((each) => [each, id])));
  return [...after].flatMap(([id, numbers]) => numbers.filter((each) => had.get(each) !== id))
    .length;
}

describe('giving out partition numbers', () => {
  test('gives every number to exactly one member, whatever the members say they had', () => {
    fc.assert(
      fc.property(partitionCounts, groups, (count, members) => {
        const given = [...coPartition(count, members).values()].flat().sort((a, b) => a - b);
        expect(given).toEqual(Array.from({ length: count }, (_, each) => each));
      }),
    );
  });

  test('gives no member two more than another', () => {
    fc.assert(
      fc.property(partitionCounts, groups, (count, members) => {
        const sizes = [...coPartition(count, members).values()].map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('does not depend on the order of the members', () => {
    fc.assert(
      fc.property(partitionCounts, groups, (count, members) => {
        const shares = coPartition(count, members);
        expect(coPartition(count, [...members].reverse())).toEqual(shares);
      }),
    );
  });

  test('moves nothing when nothing changed', () => {
    fc.assert(
      fc.property(partitionCounts, memberIds, (count, ids) => {
        const before = coPartition(count, unowned(ids));
        expect(movedBetween(before, coPartition(count, owners(before)))).toBe(0);
      }),
    );
  });

  test('moves only the share of the one who joins', () => {
    fc.assert(
      fc.property(partitionCounts, memberIds, (count, ids) => {
        fc.pre(ids.length > 0);
        const before = coPartition(count, unowned(ids));
        const after = coPartition(count, [...owners(before), { memberId: 'joins', owned: [] }]);
        expect(movedBetween(before, after)).toBe(after.get('joins')?.length);
      }),
    );
  });

  test('moves only the share of the one who leaves', () => {
    fc.assert(
      fc.property(partitionCounts, memberIds, (count, ids) => {
        fc.pre(ids.length > 1);
        const before = coPartition(count, unowned(ids));
        const after = coPartition(count, owners(before).slice(1));
        expect(movedBetween(before, after)).toBe([...before.values()][0]?.length);
      }),
    );
  });

  test('gives nothing to nobody', () => {
    expect(coPartition(5, [])).toEqual(new Map());
  });
});
