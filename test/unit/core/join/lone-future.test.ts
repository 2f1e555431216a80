import { describe, expect, test } from 'vitest';
import { isLoneFuture } from '../../../../src/core/join/lone-future.ts';

const MINUTE = 60_000;

function lone(timeMs: number, clockMs: number, nearby: readonly number[]): boolean {
  const nearbyMs = Float64Array.from(nearby);
  const nearbyLength = nearby.length;
  return isLoneFuture({ timeMs, clockMs, futureMaxMs: MINUTE, nearbyMs, nearbyLength });
}

describe('isLoneFuture', () => {
  test('never doubts a record within futureMax of the clock', () => {
    expect(lone(MINUTE, 0, [])).toBe(false);
    expect(lone(MINUTE, 0, [1, 2, 3])).toBe(false);
    expect(lone(-5, 0, [])).toBe(false);
  });

  test('finds a record far ahead of the clock and of all around it', () => {
    expect(lone(MINUTE + 1, 0, [0])).toBe(true);
    expect(lone(10 * MINUTE, 0, [1_000, 2_000, 8 * MINUTE])).toBe(true);
  });

  test('believes a jump that one other record confirms, up to futureMax behind it', () => {
    expect(lone(10 * MINUTE, 0, [1_000, 9 * MINUTE])).toBe(false);
    expect(lone(10 * MINUTE, 0, [11 * MINUTE])).toBe(false);
  });

  test('takes a last record far ahead for lone: nothing confirms it', () => {
    expect(lone(10 * MINUTE, 0, [])).toBe(true);
  });

  test('believes the first record unless others contradict it', () => {
    expect(lone(10 * MINUTE, Number.NEGATIVE_INFINITY, [])).toBe(false);
    expect(lone(10 * MINUTE, Number.NEGATIVE_INFINITY, [10 * MINUTE + 5])).toBe(false);
    expect(lone(10 * MINUTE, Number.NEGATIVE_INFINITY, [5, 6])).toBe(true);
  });

  test('does not count entries without a time, nor entries beyond the length', () => {
    expect(lone(10 * MINUTE, Number.NEGATIVE_INFINITY, [Number.NaN])).toBe(false);
    const nearbyMs = Float64Array.of(1_000, 10 * MINUTE);
    const candidate = { timeMs: 10 * MINUTE, clockMs: 0, futureMaxMs: MINUTE, nearbyMs };
    expect(isLoneFuture({ ...candidate, nearbyLength: 1 })).toBe(true);
    expect(isLoneFuture({ ...candidate, nearbyLength: 2 })).toBe(false);
  });

  test('finds none when futureMax is infinite', () => {
    expect(
      isLoneFuture({
        timeMs: 1e15,
        clockMs: 0,
        futureMaxMs: Number.POSITIVE_INFINITY,
        nearbyMs: new Float64Array(0),
        nearbyLength: 0,
      }),
    ).toBe(false);
  });
});
