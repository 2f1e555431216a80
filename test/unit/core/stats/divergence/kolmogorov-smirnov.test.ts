import { expect, it } from 'vitest';
import { kolmogorovSmirnov } from '../../../../../src/core/stats/divergence/kolmogorov-smirnov.ts';

it('KS is the largest gap of the distribution functions', () => {
  const counts = { current: [10, 20, 30, 40], canary: [40, 30, 20, 10] };
  expect(kolmogorovSmirnov(counts)).toBeCloseTo(0.4, 14);
  expect(kolmogorovSmirnov({ current: [1, 0], canary: [0, 9] })).toBe(1);
});

it('KS cannot tell anything of an empty arm', () => {
  const empty = { state: 'inconclusive', reason: 'empty' };
  expect(kolmogorovSmirnov({ current: [0, 0], canary: [1, 2] })).toEqual(empty);
  expect(kolmogorovSmirnov({ current: [], canary: [] })).toEqual(empty);
});
