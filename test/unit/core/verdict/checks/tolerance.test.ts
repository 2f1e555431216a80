import { expect, test } from 'vitest';
import { exceeds, logMarginOf, widen } from '../../../../../src/core/verdict/checks/tolerance.ts';

const TOLERANCE = { ratio: 1.25, difference: 0.01 };

test('a tolerance is exceeded when both of its parts are', () => {
  expect(exceeds(0.013, 0.01, TOLERANCE)).toBe(false);
  expect(exceeds(0.24, 0.2, TOLERANCE)).toBe(false);
  expect(exceeds(0.03, 0.01, TOLERANCE)).toBe(true);
  expect(exceeds(0.0126, 0.01, { ratio: 1.25, difference: 0 })).toBe(true);
  expect(exceeds(0, 0, { ratio: 1.25, difference: 0 })).toBe(false);
});

test('its margin is the larger of the two, at the base rate', () => {
  expect(logMarginOf(TOLERANCE, 0.01)).toBeCloseTo(Math.log(2));
  expect(logMarginOf(TOLERANCE, 0.2)).toBeCloseTo(Math.log(1.25));
  expect(logMarginOf(TOLERANCE, null)).toBeNull();
  expect(logMarginOf({ ratio: 1.25, difference: 0 }, null)).toBeCloseTo(Math.log(1.25));
});

test('it widens by a factor of its room', () => {
  expect(widen(TOLERANCE, 2)).toEqual({ ratio: 1.5, difference: 0.02 });
  expect(widen(TOLERANCE, 1)).toEqual(TOLERANCE);
});
