import { expect, it } from 'vitest';
import { entropyOf } from '../../../../src/core/stats/entropy.ts';

it('entropy is ln B for equal cells and 0 where nothing is open', () => {
  expect(entropyOf([5, 5, 5, 5])).toBeCloseTo(Math.log(4), 14);
  expect(Object.is(entropyOf([7]), 0)).toBe(true);
  expect(entropyOf([0, 7, 0])).toBe(0);
  expect(entropyOf([0, 0])).toBe(0);
  expect(entropyOf([])).toBe(0);
});
