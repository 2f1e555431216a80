import { expect, it } from 'vitest';
import {
  chiSquareCdf,
  chiSquareQuantile,
  chiSquareSf,
  chiSquareUpperQuantile,
} from '../../../../../src/core/stats/special/chi-square.ts';

it('quantiles undo their tails', () => {
  for (const degrees of [1, 2, 9, 255]) {
    for (const p of [0, 1e-6, 0.3, 0.5, 0.99]) {
      expect(chiSquareCdf(chiSquareQuantile(p, degrees), degrees)).toBeCloseTo(p, 11);
    }
    for (const q of [1e-6, 0.3, 0.6, 1]) {
      expect(chiSquareSf(chiSquareUpperQuantile(q, degrees), degrees)).toBeCloseTo(q, 11);
    }
  }
  expect(() => chiSquareQuantile(1, 3)).toThrow('[0, 1)');
  expect(() => chiSquareUpperQuantile(0, 3)).toThrow('(0, 1]');
});
