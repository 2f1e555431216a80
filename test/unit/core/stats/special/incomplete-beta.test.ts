import { expect, it } from 'vitest';
import {
  betaRegularized,
  betaRegularizedComplement,
} from '../../../../../src/core/stats/special/incomplete-beta.ts';

it('both tails of a beta law add to one, and end where they should', () => {
  for (const x of [0.001, 0.2, 0.5, 0.999]) {
    const shape = { a: 3, b: 0.5 };
    expect(betaRegularized(x, shape) + betaRegularizedComplement(x, shape)).toBeCloseTo(1, 14);
  }
  expect(betaRegularized(0, { a: 2, b: 3 })).toBe(0);
  expect(betaRegularizedComplement(1, { a: 2, b: 3 })).toBe(0);
  expect(() => betaRegularized(1.1, { a: 2, b: 3 })).toThrow('[0, 1]');
});

it('the shapes of ten million counts converge', () => {
  const half = betaRegularized(0.01, { a: 100_001, b: 9_900_001 });
  expect(half).toBeCloseTo(0.499, 2);
});
