import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlapOf } from '../../../src/core/stats/rankings/overlap.ts';
import { rankBiasedOverlap } from '../../../src/core/stats/rankings/rank-biased-overlap.ts';
import { comparePlainly } from '../../../src/core/windows/plain-rankings.ts';
import { sharedBy } from '../../support/rankings.ts';

const letters = fc.array(fc.constantFrom(...'abcdefghijklmnop'.split('')), { maxLength: 20 });
const twoLists = fc.tuple(letters, letters);

describe('two rankings', () => {
  it('overlap, also by rank, as sets and the printed formula say', () => {
    fc.assert(
      fc.property(twoLists, ([a, b]) => {
        const shared = sharedBy(a.join(''), b.join(''));
        const plain = comparePlainly(a, b, 100);
        expect(overlapOf(shared)).toBe(plain?.overlap ?? null);
        const biased = rankBiasedOverlap(shared, 0.9);
        expect(biased === null).toBe(plain === null);
        expect(biased ?? 0).toBeCloseTo(plain?.rankBiasedOverlap ?? 0, 12);
      }),
      { numRuns: 500 },
    );
  });

  it('are as near to each other from either side, and in [0, 1]', () => {
    fc.assert(
      fc.property(twoLists, fc.double({ min: 0.05, max: 0.99, noNaN: true }), ([a, b], p) => {
        const there = sharedBy(a.join(''), b.join(''));
        const back = sharedBy(b.join(''), a.join(''));
        expect(rankBiasedOverlap(back, p)).toBe(rankBiasedOverlap(there, p));
        expect(overlapOf(back)).toBe(overlapOf(there));
        for (const one of [rankBiasedOverlap(there, p) ?? 0, overlapOf(there) ?? 0]) {
          expect(one).toBeGreaterThanOrEqual(0);
          expect(one).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('overlap the more by rank, the higher an item that they share stands', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), (place) => {
        const at = (i: number): number => {
          const other = Array.from({ length: 10 }, (_, k) => (k === i ? 'abcdefghij'[k] : 'x'));
          const unlike = other.map((item, k) => (item === 'x' ? 'qrstuvwxyz'[k] : item)).join('');
          return rankBiasedOverlap(sharedBy('abcdefghij', unlike), 0.9) ?? 0;
        };
        expect(at(place - 1)).toBeGreaterThan(at(place));
      }),
      { numRuns: 20 },
    );
  });
});
