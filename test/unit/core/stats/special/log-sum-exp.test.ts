import { expect, it } from 'vitest';
import { logSumExp } from '../../../../../src/core/stats/special/log-sum-exp.ts';

it('the sum of nothing, or of zeros, has the logarithm of zero, never NaN', () => {
  expect(logSumExp([])).toBe(-Infinity);
  expect(logSumExp([-Infinity, -Infinity])).toBe(-Infinity);
  expect(logSumExp([-Infinity, 2])).toBe(2);
  expect(logSumExp([Infinity, 2])).toBe(Infinity);
});
