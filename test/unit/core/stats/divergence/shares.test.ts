import { describe, expect, it } from 'vitest';
import {
  sharesOf,
  totalOf,
  withoutEmptyCells,
} from '../../../../../src/core/stats/divergence/shares.ts';

describe('shares of a histogram', () => {
  it('sum to one in the modes that keep them so', () => {
    expect(totalOf(sharesOf([3, 0, 5], 'additive'))).toBeCloseTo(1, 14);
    expect(totalOf(sharesOf([3, 0, 5], 'none'))).toBeCloseTo(1, 14);
  });

  it('leave no cell empty when smoothed', () => {
    expect(sharesOf([3, 0], 'additive')).toEqual([0.875, 0.125]);
    expect(sharesOf([3, 0], 'floor')).toEqual([1, 0.0001]);
    expect(sharesOf([3, 0], 'none')).toEqual([1, 0]);
  });

  it('take a lower floor where a real share is as small as the floor', () => {
    const [, , floor] = sharesOf([19_999, 1, 0], 'floor');
    expect(floor).toBeCloseTo(5e-5 * 1e-6, 20);
  });

  it('are equal for an empty histogram when smoothed, and refused otherwise', () => {
    expect(sharesOf([0, 0], 'additive')).toEqual([0.5, 0.5]);
    expect(() => sharesOf([0, 0], 'none')).toThrow('observation');
    expect(() => sharesOf([0, 0], 'floor')).toThrow('observation');
  });

  it('do not count a cell that is empty in the profile and in both arms', () => {
    const counts = { current: [4, 0, 0, 2], canary: [3, 1, 0, 0] };
    expect(withoutEmptyCells([5, 0, 0, 0], counts)).toEqual({
      current: [4, 0, 2],
      canary: [3, 1, 0],
    });
    expect(withoutEmptyCells([5, 0, 9, 0], counts)).toEqual(counts);
  });

  it('refuse arms of different cells', () => {
    expect(() => withoutEmptyCells([1], { current: [1], canary: [1, 2] })).toThrow('same cells');
  });
});
