import { describe, expect, it } from 'vitest';
import { rankBiasedOverlap } from '../../../../../src/core/stats/rankings/rank-biased-overlap.ts';
import { noSharedItems } from '../../../../../src/core/stats/rankings/shared-items.ts';
import { sharedBy } from '../../../../support/rankings.ts';

const rbo = (a: string, b: string, persistence = 0.9): number | null =>
  rankBiasedOverlap(sharedBy(a, b), persistence);

describe('rank-biased overlap', () => {
  // The values are those that other programs print for these lists: the package rankmeasures for the
  // first, and the tests of a widely copied Python implementation for the second.
  it.each([
    { a: '12345', b: '23415', published: 0.828 },
    { a: 'abcdefg', b: 'bacdefg', published: 0.9 },
  ])('of $a and $b is what others publish', ({ a, b, published }) => {
    expect(rbo(a, b)).toBeCloseTo(published, 10);
  });

  it('of uneven lists is what the formula gives by hand', () => {
    // X = 0, 1, 2, 3, 3, 3; s = 3, l = 6, X_s = 2.
    const seen = 0.81 / 2 + 0.729 * (2 / 3) + 0.6561 * (3 / 4) + 0.59049 * (3 / 5) + 0.531441 / 2;
    const extended = 0.6561 / 6 + 0.59049 * (4 / 15) + 0.531441 / 3;
    const rest = (1 / 6 + 2 / 3) * 0.531441;
    expect(rbo('abc', 'bdacef')).toBeCloseTo((seen + extended) / 9 + rest, 12);
    expect(rbo('abc', 'bdacef')).toBeCloseTo(0.714762, 12);
  });

  it('of the lists of figure 5 of its paper follows from their agreements 0, 0, 2/3, 1/2, 2/5, 1/3, 2/7', () => {
    const agreements = [0, 0, 2 / 3, 1 / 2, 2 / 5, 1 / 3, 2 / 7];
    const seen = agreements.reduce((sum, agreement, i) => sum + agreement * 0.9 ** (i + 1), 0);
    expect(rbo('abcdefg', 'zcavwxy')).toBeCloseTo(seen / 9 + (2 / 7) * 0.9 ** 7, 12);
  });

  it('is 1 of equal lists, and of a list and its beginning; never above', () => {
    for (const list of ['a', 'abc', 'abcdefghij']) expect(rbo(list, list)).toBeCloseTo(1, 12);
    expect(rbo('abc', 'abcdef')).toBeCloseTo(1, 12);
    for (let length = 1; length <= 26; length += 1) {
      const list = 'abcdefghijklmnopqrstuvwxyz'.slice(0, length);
      expect(rbo(list, list)).toBeLessThanOrEqual(1);
    }
  });

  it('is 0 of lists that share nothing, and where only one is empty', () => {
    expect(rbo('abc', 'xyz')).toBe(0);
    expect(rbo('abc', '')).toBe(0);
    expect(rbo('', 'abc')).toBe(0);
  });

  it('cannot be told where both are empty', () => {
    expect(rbo('', '')).toBeNull();
    expect(rankBiasedOverlap(noSharedItems(10), 0.9)).toBeNull();
  });

  it('weighs a change at the top more than one at the end', () => {
    expect(rbo('abcdefghij', 'xbcdefghij')).toBeLessThan(rbo('abcdefghij', 'abcdefghix') ?? 0);
  });
});
