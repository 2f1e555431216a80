import { describe, expect, test } from 'vitest';
import {
  addMixed,
  type Mixed,
  measureMixed,
  noMixed,
} from '../../../../../src/core/verdict/checks/mix-matched.ts';

const MEASURES = ['psi', 'kl', 'js'] as const;
const PSI = { measure: 'psi', logLine: Math.log(100) } as const;

function mixOf(...windows: readonly (readonly [readonly number[], readonly number[]])[]): Mixed {
  return windows.reduce((mixed, [current, canary]) => addMixed(mixed, current, canary), noMixed());
}

describe('cells matched window by window', () => {
  test('weigh the current model as the canary was used in that window', () => {
    const mixed = mixOf([
      [10, 30],
      [1, 1],
    ]);
    expect(mixed.matched).toEqual([0.5, 1.5]);
    expect(mixed).toMatchObject({ canaryCount: 2, currentCount: 40 });
  });

  test('leave a window out in which one arm has nothing', () => {
    const mixed = mixOf([
      [10, 30],
      [1, 1],
    ]);
    expect(addMixed(mixed, [0, 0], [5, 5])).toBe(mixed);
    expect(addMixed(mixed, [5, 5], [0, 0])).toBe(mixed);
  });

  test('show no divergence when a share grows through the rhythm of a day', () => {
    // Night and day differ, the arms do not; the canary's share grows from 1 % to half.
    const mixed = mixOf(
      [
        [9_000, 1_000],
        [90, 10],
      ],
      [
        [1_000, 9_000],
        [1_000, 9_000],
      ],
    );
    expect(Math.abs(measureMixed(mixed, PSI)?.corrected ?? Infinity)).toBeLessThan(0.001);
    const unmatched = mixOf([
      [10_000, 10_000],
      [1_090, 9_010],
    ]);
    expect(measureMixed(unmatched, PSI)?.corrected).toBeGreaterThan(0.5);
  });

  test.each(MEASURES)('stay below the null line of %s when nothing differs', (measure) => {
    const reading = measureMixed(
      mixOf([
        [510, 490],
        [495, 505],
      ]),
      { measure, logLine: 4.6 },
    );
    expect(reading?.raw).toBeLessThan(reading?.nullLine ?? 0);
    expect(reading?.lower).toBeLessThan(0);
  });

  test.each(MEASURES)('have a lower bound of %s between nothing and the estimate', (measure) => {
    const reading = measureMixed(
      mixOf([
        [5_000, 5_000],
        [8_000, 2_000],
      ]),
      { measure, logLine: 4.6 },
    );
    expect(reading?.lower).toBeGreaterThan(reading?.nullLine ?? Infinity);
    expect(reading?.lower).toBeLessThan(reading?.corrected ?? 0);
    expect(reading?.corrected).toBeLessThan(reading?.raw ?? 0);
  });

  test('have a wider bound at a stricter line', () => {
    const mixed = mixOf([
      [500, 500],
      [700, 300],
    ]);
    const lowerAt = (logLine: number) => measureMixed(mixed, { measure: 'psi', logLine })?.lower;
    expect(lowerAt(9)).toBeLessThan(lowerAt(3) ?? -Infinity);
  });

  test('cannot be measured without a window, or in a single cell', () => {
    expect(measureMixed(noMixed(), PSI)).toBeNull();
    expect(
      measureMixed(
        mixOf([
          [5, 0],
          [7, 0],
        ]),
        PSI,
      ),
    ).toBeNull();
  });
});
