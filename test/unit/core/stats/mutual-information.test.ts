import { describe, expect, it } from 'vitest';
import { disagreementInformation } from '../../../../src/core/stats/mutual-information.ts';

describe('the information of a feature about disagreement', () => {
  it('is all of it when one cell holds every disagreement and no agreement', () => {
    const got = disagreementInformation({ disagree: [1000, 0], agree: [0, 1000] });
    expect(got).toMatchObject({ state: 'measured', pairCount: 2000, cellCount: 2 });
    expect('entropy' in got ? got.mutualInformation / got.entropy : 0).toBeCloseTo(1, 12);
  });

  it('is less than nothing after correction when cells are alike', () => {
    const got = disagreementInformation({ disagree: [10, 10], agree: [90, 90] });
    expect(got).toMatchObject({ mutualInformation: 0, g: 0, lifts: [1, 1] });
    expect('shareExplained' in got ? got.shareExplained : 0).toBeLessThan(0);
  });

  it('gives an empty cell the lift of all pairs', () => {
    const got = disagreementInformation({ disagree: [3, 0, 7], agree: [97, 0, 93] });
    expect(got).toMatchObject({ cellCount: 2 });
    expect('lifts' in got ? got.lifts[1] : 0).toBeCloseTo(1, 12);
  });

  it.each([
    ['empty', { disagree: [0, 0], agree: [0, 0] }],
    ['empty', { disagree: [], agree: [] }],
    ['no_variance', { disagree: [0, 0], agree: [5, 5] }],
    ['no_variance', { disagree: [5, 5], agree: [0, 0] }],
  ])('cannot tell: %s', (reason, cells) => {
    expect(disagreementInformation(cells)).toEqual({ state: 'inconclusive', reason });
  });

  it('refuses rows of different cells', () => {
    expect(() => disagreementInformation({ disagree: [1], agree: [1, 2] })).toThrow('same cells');
  });
});
