import { describe, expect, it } from 'vitest';
import {
  logNormalMixture,
  mixtureTuning,
  normalMixtureBound,
  type Sides,
} from '../../src/core/stats/sequential/normal-mixture.ts';
import { type GoldenCase, goldenCases, goldenMisses, numberAt } from './golden.ts';

function sidesOf(one: GoldenCase): Sides {
  return one.input['oneSided'] === true ? 'one' : 'two';
}

describe('the normal mixture against confseq', () => {
  it('the tuning agrees', () => {
    const misses = goldenCases('sequential', 'normalMixtureTuning', 4).flatMap((one) => {
      const aim = { varianceAt: numberAt(one.input, 'vOpt'), alpha: numberAt(one.input, 'alpha') };
      return goldenMisses(one, { r: mixtureTuning(aim, sidesOf(one)) });
    });
    expect(misses).toEqual([]);
  });

  it('the logarithm of the mixture agrees', () => {
    const misses = goldenCases('sequential', 'normalMixtureLogE', 6).flatMap((one) => {
      const sides = sidesOf(one);
      const varianceAt = numberAt(one.input, 'vOpt');
      const tuning = mixtureTuning({ varianceAt, alpha: numberAt(one.input, 'alphaOpt') }, sides);
      const state = { sum: numberAt(one.input, 's'), variance: numberAt(one.input, 'v'), tuning };
      return goldenMisses(one, { lnE: logNormalMixture(state, sides) });
    });
    expect(misses).toEqual([]);
  });

  it('its bound is the asymptotic confidence sequence of gbstats', () => {
    const misses = goldenCases('sequential', 'asympCsTwoSided', 5).flatMap((one) => {
      const n = numberAt(one.input, 'n');
      const estimate = numberAt(one.input, 'estimate');
      const variance = (n * numberAt(one.input, 'standardError')) ** 2;
      const tunedAt = (variance / n) * numberAt(one.input, 'nStar');
      const aim = { alpha: numberAt(one.input, 'alpha'), tunedAt };
      const half = normalMixtureBound(variance, aim, 'two') / n;
      return goldenMisses(one, { lower: estimate - half, upper: estimate + half });
    });
    expect(misses).toEqual([]);
  });

  it('the bound agrees', () => {
    const misses = goldenCases('sequential', 'normalMixtureBound', 6).flatMap((one) => {
      const aim = {
        alpha: numberAt(one.input, 'alpha'),
        tunedAt: numberAt(one.input, 'vOpt'),
        tunedFor: numberAt(one.input, 'alphaOpt'),
      };
      const bound = normalMixtureBound(numberAt(one.input, 'v'), aim, sidesOf(one));
      return goldenMisses(one, { bound });
    });
    expect(misses).toEqual([]);
  });
});
