import { expect, it } from 'vitest';
import { logBeta, logGamma } from '../../../../../src/core/stats/special/log-gamma.ts';

it('ln gamma of a whole number is ln of its factorial', () => {
  let factorial = 1;
  for (let n = 1; n < 20; n++) {
    expect(logGamma(n)).toBeCloseTo(Math.log(factorial), 12);
    factorial *= n;
  }
  expect(() => logGamma(0)).toThrow('positive');
});

it('ln beta is symmetric and joins its three ranges without a step', () => {
  for (const [a, b] of [
    [0.5, 12],
    [9.999_999_9, 10.000_000_1],
    [3, 1e6],
    [2, 3],
  ] as const) {
    expect(logBeta(a, b)).toBe(logBeta(b, a));
  }
  const below = logBeta(10 - 1e-9, 50);
  const above = logBeta(10 + 1e-9, 50);
  expect(Math.abs(above - below)).toBeLessThan(1e-8);
});
