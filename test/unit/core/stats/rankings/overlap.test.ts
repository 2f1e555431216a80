import { describe, expect, it } from 'vitest';
import { overlapOf } from '../../../../../src/core/stats/rankings/overlap.ts';
import { sharedBy } from '../../../../support/rankings.ts';

const overlap = (a: string, b: string): number | null => overlapOf(sharedBy(a, b));

describe('overlap at k', () => {
  it('is the share of items that both hold, in whatever order', () => {
    expect(overlap('abc', 'bax')).toBe(2 / 3);
    expect(overlap('abcdefghij', 'jihgfedcba')).toBe(1);
    expect(overlap('abc', 'xyz')).toBe(0);
  });

  it('is of the longer list: two short ones can be equal, a beginning is not', () => {
    expect(overlap('ab', 'ab')).toBe(1);
    expect(overlap('ab', 'abcd')).toBe(0.5);
  });

  it('is 0 where only one list is empty, and cannot be told where both are', () => {
    expect(overlap('abc', '')).toBe(0);
    expect(overlap('', '')).toBeNull();
  });

  it('is exactly the limit that people write where so many are shared', () => {
    const ten = 'abcdefghij';
    for (let kept = 1; kept <= 10; kept += 1)
      expect(overlap(ten, ten.slice(0, kept) + 'klmnopqrst'.slice(kept))).toBe(
        Number(`${kept / 10}`),
      );
  });
});
