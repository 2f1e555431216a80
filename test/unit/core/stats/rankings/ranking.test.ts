import { describe, expect, it } from 'vitest';
import { emptyRanking, readRanking } from '../../../../../src/core/stats/rankings/ranking.ts';

const read = (words: readonly number[], at: number, room: number): number[] => {
  const { items, length } = readRanking(Uint32Array.from(words), at, emptyRanking(room));
  return [...items.subarray(0, length)];
};

describe('a ranking', () => {
  it('begins at its place, and ends at the first 0 or where the room does', () => {
    expect(read([9, 9, 1, 2, 3, 0, 4], 2, 5)).toEqual([1, 2, 3]);
    expect(read([1, 2, 3, 4], 0, 2)).toEqual([1, 2]);
    expect(read([], 0, 3)).toEqual([]);
  });

  it('counts an item that comes again at its first place only', () => {
    expect(read([7, 9, 7, 5, 9, 0], 0, 6)).toEqual([7, 9, 5]);
  });

  it('forgets the one before', () => {
    const into = readRanking(Uint32Array.of(1, 2, 3), 0, emptyRanking(3));
    expect(readRanking(Uint32Array.of(4, 0, 0), 0, into).length).toBe(1);
  });
});
