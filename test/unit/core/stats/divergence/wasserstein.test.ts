import { expect, it } from 'vitest';
import { wasserstein1 } from '../../../../../src/core/stats/divergence/wasserstein.ts';

it('Wasserstein-1 is the way that the mass travels, in the unit of the values', () => {
  const counts = { current: [1, 0, 0, 0], canary: [0, 0, 1, 0] };
  expect(wasserstein1([0, 1, 2, 3], counts)).toBe(2);
  expect(wasserstein1([0, 100, 200, 300], counts)).toBe(200);
});

it('Wasserstein-1 cannot tell anything of an empty arm', () => {
  const empty = { state: 'inconclusive', reason: 'empty' };
  expect(wasserstein1([0, 1], { current: [0, 0], canary: [1, 2] })).toEqual(empty);
  expect(wasserstein1([], { current: [], canary: [] })).toEqual(empty);
});
