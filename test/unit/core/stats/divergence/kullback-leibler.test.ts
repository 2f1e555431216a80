import { expect, it } from 'vitest';
import { klDivergence } from '../../../../../src/core/stats/divergence/kullback-leibler.ts';

it('KL is not symmetric, infinite where the second side is empty, and rescales its shares', () => {
  expect(klDivergence([0.5, 0.5], [0.75, 0.25])).toBeCloseTo(0.143_841_036_225_890_45, 14);
  expect(klDivergence([0.75, 0.25], [0.5, 0.5])).toBeCloseTo(0.130_812_035_941_136_9, 14);
  expect(klDivergence([0.5, 0.5], [1, 0])).toBe(Infinity);
  expect(klDivergence([1, 0], [0.5, 0.5])).toBeCloseTo(Math.LN2, 14);
  expect(klDivergence([2, 2], [3, 1])).toBeCloseTo(0.143_841_036_225_890_45, 14);
});
