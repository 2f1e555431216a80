import { expect, it } from 'vitest';
import {
  jensenShannonDistance,
  jensenShannonDivergence,
} from '../../../../../src/core/stats/divergence/jensen-shannon.ts';

it('JS is ln 2 for disjoint sides, 0 for equal ones, and the distance is its root', () => {
  expect(jensenShannonDivergence([1, 0], [0, 1])).toBe(Math.LN2);
  expect(jensenShannonDivergence([0.4, 0.6], [0.4, 0.6])).toBe(0);
  expect(jensenShannonDistance([1, 0], [0, 1])).toBe(Math.sqrt(Math.LN2));
});
