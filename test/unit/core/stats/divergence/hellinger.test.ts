import { expect, it } from 'vitest';
import { hellingerDistance } from '../../../../../src/core/stats/divergence/hellinger.ts';

it('Hellinger distance is 1 for disjoint sides and 0 for equal ones', () => {
  expect(hellingerDistance([1, 0], [0, 1])).toBe(1);
  expect(hellingerDistance([0.4, 0.6], [0.4, 0.6])).toBe(0);
});
