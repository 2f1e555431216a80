import { expect, it } from 'vitest';
import { sampleQuantiles } from '../../../../../src/core/stats/quantiles/sample.ts';

it('quantiles of a sample interpolate, whatever its order, and leave non-finite values out', () => {
  expect(sampleQuantiles([4, 1, 3, 2], [0, 0.5, 1])).toEqual([1, 2.5, 4]);
  expect(sampleQuantiles([4, Number.NaN, 1, Infinity, 3, 2], [0.5])).toEqual([2.5]);
});

it('a sample without a finite value has no quantiles', () => {
  const empty = { state: 'inconclusive', reason: 'empty' };
  expect(sampleQuantiles([], [0.5])).toEqual(empty);
  expect(sampleQuantiles([Number.NaN, -Infinity], [0.5])).toEqual(empty);
});

it('the sample that was passed in stays as it was', () => {
  const values = [3, 1, 2];
  sampleQuantiles(values, [0.5]);
  expect(values).toEqual([3, 1, 2]);
});
