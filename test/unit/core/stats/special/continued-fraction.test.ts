import { expect, it } from 'vitest';
import { continuedFraction } from '../../../../../src/core/stats/special/continued-fraction.ts';

it('a fraction of ones is the golden section', () => {
  const value = continuedFraction(() => ({ numerator: 1, denominator: 1 }));
  expect(value).toBeCloseTo((Math.sqrt(5) - 1) / 2, 14);
});

it('a fraction that does not converge is a broken invariant, not a number', () => {
  expect(() => continuedFraction(() => ({ numerator: -1, denominator: 1 }))).toThrow('converges');
});
