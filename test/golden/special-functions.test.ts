import { describe, expect, it } from 'vitest';
import {
  chiSquareQuantile,
  chiSquareSf,
  chiSquareUpperQuantile,
} from '../../src/core/stats/special/chi-square.ts';
import {
  betaRegularized,
  betaRegularizedComplement,
} from '../../src/core/stats/special/incomplete-beta.ts';
import {
  gammaRegularizedP,
  gammaRegularizedQ,
} from '../../src/core/stats/special/incomplete-gamma.ts';
import { logBeta, logGamma } from '../../src/core/stats/special/log-gamma.ts';
import { logSumExp } from '../../src/core/stats/special/log-sum-exp.ts';
import {
  erfc,
  normalCdf,
  normalLogCdf,
  normalQuantile,
} from '../../src/core/stats/special/normal.ts';
import { goldenCases, goldenMisses, numberAt, numbersAt } from './golden.ts';

type Input = Readonly<Record<string, unknown>>;

const functions: readonly [string, number, (input: Input) => number][] = [
  ['lgamma', 15, (i) => logGamma(numberAt(i, 'x'))],
  ['logBeta', 9, (i) => logBeta(numberAt(i, 'a'), numberAt(i, 'b'))],
  ['betaRegularized', 13, (i) => betaRegularized(numberAt(i, 'x'), shape(i))],
  ['betaRegularizedComplement', 13, (i) => betaRegularizedComplement(numberAt(i, 'x'), shape(i))],
  ['gammaRegularizedP', 11, (i) => gammaRegularizedP(numberAt(i, 'a'), numberAt(i, 'x'))],
  ['gammaRegularizedQ', 11, (i) => gammaRegularizedQ(numberAt(i, 'a'), numberAt(i, 'x'))],
  ['erfc', 17, (i) => erfc(numberAt(i, 'x'))],
  ['normalCdf', 14, (i) => normalCdf(numberAt(i, 'x'))],
  ['normalLogCdf', 17, (i) => normalLogCdf(numberAt(i, 'x'))],
  ['normalQuantile', 18, (i) => normalQuantile(numberAt(i, 'p'))],
  ['chi2Sf', 9, (i) => chiSquareSf(numberAt(i, 'x'), numberAt(i, 'df'))],
  ['chi2Quantile', 8, (i) => chiSquareQuantile(numberAt(i, 'p'), numberAt(i, 'df'))],
  ['chi2UpperQuantile', 6, (i) => chiSquareUpperQuantile(numberAt(i, 'q'), numberAt(i, 'df'))],
  ['logSumExp', 8, (i) => logSumExp(numbersAt(i, 'values'))],
];

function shape(input: Input): { a: number; b: number } {
  return { a: numberAt(input, 'a'), b: numberAt(input, 'b') };
}

describe('special functions against 60-digit arithmetic', () => {
  it.each(functions)('%s agrees in all %i cases', (name, count, evaluate) => {
    const cases = goldenCases('special-functions', name, count);
    expect(cases.flatMap((one) => goldenMisses(one, evaluate(one.input)))).toEqual([]);
  });

  it('the sum of no values has the logarithm of zero', () => {
    expect(logSumExp([])).toBe(-Infinity);
  });
});
