import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { thinned } from '../../../src/cli/thinned.ts';

const itself = (value: number) => value;

describe('a thinned list', () => {
  it('is the whole list while that is short enough', () => {
    expect(thinned([3, 1, 2], 3, itself)).toEqual([3, 1, 2]);
    expect(thinned([], 3, itself)).toEqual([]);
  });

  it('keeps the greatest of each stretch, and the last', () => {
    expect(thinned([1, 5, 2, 3, 9, 4, 0], 4, itself)).toEqual([5, 3, 9, 0]);
  });

  it('keeps the first of equals', () => {
    const items = [0, 7, 7, 0, 0].map((value, at) => ({ value, at }));
    expect(thinned(items, 2, ({ value }) => value).map(({ at }) => at)).toEqual([1, 4]);
  });

  it('has as many as it may, in their order, the greatest among them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1000), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 2, max: 30 }),
        (values, limit) => {
          const items = values.map((value, at) => ({ value, at }));
          const kept = thinned(items, limit, ({ value }) => value);
          expect(kept).toHaveLength(Math.min(limit, values.length));
          expect(kept.map(({ at }) => at)).toEqual(
            kept.map(({ at }) => at).toSorted((a, b) => a - b),
          );
          expect(Math.max(...kept.map(({ value }) => value))).toBe(Math.max(...values));
        },
      ),
      { numRuns: 100 },
    );
  });
});
