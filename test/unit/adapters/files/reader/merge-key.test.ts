import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillMergeKeys } from '../../../../../src/adapters/files/reader/merge-key.ts';

function keysOf(
  times: readonly number[],
  after: readonly number[] = [],
  previousKey = Number.NEGATIVE_INFINITY,
): readonly number[] {
  const keys = new Float64Array(times.length);
  fillMergeKeys(keys, {
    timesMs: Float64Array.from(times),
    length: times.length,
    afterMs: Float64Array.from(after),
    afterLength: after.length,
    previousKey,
  });
  return [...keys];
}

describe('fillMergeKeys', () => {
  test('gives rows in order their own time', () => {
    expect(keysOf([1, 2, 2, 5])).toEqual([1, 2, 2, 5]);
  });

  test('lets one wild time far ahead pass with the rows behind it', () => {
    expect(keysOf([1, 9_000, 3, 4])).toEqual([1, 3, 3, 4]);
  });

  test('never goes back: a time far behind takes the key before it, and pulls no other row along', () => {
    expect(keysOf([10, 11, 12, 1, 13], [], 8)).toEqual([10, 11, 12, 12, 13]);
    expect(keysOf([5, 6], [], 20)).toEqual([20, 20]);
  });

  test('lets a late row at the beginning of a file pull the first row only', () => {
    expect(keysOf([10, 11, 1, 12])).toEqual([1, 11, 11, 12]);
  });

  test('looks at the rows of the next chunk too', () => {
    expect(keysOf([7, 8], [6])).toEqual([6, 8]);
    expect(keysOf([7, 9_000], [8])).toEqual([7, 8]);
  });

  test('does not count rows without a time; without any the key before stays', () => {
    expect(keysOf([Number.NaN, 4, Number.NaN])).toEqual([4, 4, 4]);
    expect(keysOf([Number.NaN], [], 3)).toEqual([3]);
  });

  test('is the plain rule, however a file is cut into chunks', () => {
    const time = fc.oneof(fc.integer({ min: 0, max: 60 }), fc.constant(Number.NaN));
    fc.assert(
      fc.property(fc.array(time, { maxLength: 60 }), fc.nat(60), (times, cut) => {
        let previous = Number.NEGATIVE_INFINITY;
        const plain = times.map((_, row) => {
          if ((times[row] ?? Number.NaN) <= previous) return previous;
          const above = times.slice(row, row + 8).filter((value) => value > previous);
          previous = above.length === 0 ? previous : Math.min(...above);
          return previous;
        });
        const first = keysOf(times.slice(0, cut), times.slice(cut, cut + 7));
        const second = keysOf(times.slice(cut), [], first.at(-1));
        expect([...first, ...second]).toEqual(plain);
      }),
    );
  });
});
