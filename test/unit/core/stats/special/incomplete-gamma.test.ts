import { expect, it } from 'vitest';
import {
  gammaRegularizedP,
  gammaRegularizedQ,
} from '../../../../../src/core/stats/special/incomplete-gamma.ts';

it('both tails of a gamma law add to one on both sides of its mean', () => {
  for (const x of [0, 0.5, 4.9, 5.1, 40]) {
    expect(gammaRegularizedP(4, x) + gammaRegularizedQ(4, x)).toBeCloseTo(1, 14);
  }
  expect(gammaRegularizedP(1, 2)).toBeCloseTo(1 - Math.exp(-2), 14);
  expect(() => gammaRegularizedP(0, 1)).toThrow('a > 0');
});
