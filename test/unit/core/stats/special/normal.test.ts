import { expect, it } from 'vitest';
import {
  erfc,
  normalCdf,
  normalLogCdf,
  normalQuantile,
} from '../../../../../src/core/stats/special/normal.ts';

it('the quantile undoes the distribution function, also in the far tail', () => {
  for (const x of [-30, -5.000_001, -4.999_999, -1, -0.1, 0.3, 2, 5]) {
    expect(normalQuantile(normalCdf(x))).toBeCloseTo(x, 9);
  }
  expect(normalQuantile(0)).toBe(-Infinity);
  expect(normalQuantile(1)).toBe(Infinity);
  expect(() => normalQuantile(-0.1)).toThrow('[0, 1]');
});

it('the logarithm has no step where its two forms meet', () => {
  expect(normalLogCdf(-5 - 1e-9)).toBeCloseTo(normalLogCdf(-5 + 1e-9), 7);
  expect(normalLogCdf(-5)).toBeCloseTo(Math.log(normalCdf(-5)), 12);
});

it('the complementary error function is symmetric about one', () => {
  expect(erfc(0.7) + erfc(-0.7)).toBeCloseTo(2, 14);
  expect(erfc(Infinity)).toBe(0);
  expect(erfc(-Infinity)).toBe(2);
});
