import { expect, it } from 'vitest';
import { totalVariation } from '../../../../../src/core/stats/divergence/total-variation.ts';

it('total variation is the share of predictions that would have to move', () => {
  expect(totalVariation([0.5, 0.5], [0.75, 0.25])).toBe(0.25);
  expect(totalVariation([1, 0], [0, 1])).toBe(1);
});
