import { expect, it } from 'vitest';
import { binomialCdf } from '../../../../../src/core/stats/special/binomial.ts';

it('the binomial distribution function is the sum of its terms', () => {
  const law = { trials: 6, rate: 0.3 };
  const choose = [1, 6, 15, 20, 15, 6, 1];
  let sum = 0;
  for (const [k, ways] of choose.entries()) {
    sum += ways * 0.3 ** k * 0.7 ** (6 - k);
    expect(binomialCdf(k, law)).toBeCloseTo(sum, 13);
  }
  expect(binomialCdf(-1, law)).toBe(0);
  expect(binomialCdf(0, { trials: 0, rate: 0.3 })).toBe(1);
  expect(binomialCdf(2, { trials: 9, rate: 0 })).toBe(1);
  expect(binomialCdf(2, { trials: 9, rate: 1 })).toBe(0);
});
