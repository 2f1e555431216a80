import { describe, expect, it } from 'vitest';
import { divergencesOf } from '../../src/core/stats/divergence/divergences.ts';
import { hellingerDistance } from '../../src/core/stats/divergence/hellinger.ts';
import {
  jensenShannonDistance,
  jensenShannonDivergence,
} from '../../src/core/stats/divergence/jensen-shannon.ts';
import { kolmogorovSmirnov } from '../../src/core/stats/divergence/kolmogorov-smirnov.ts';
import { klDivergence } from '../../src/core/stats/divergence/kullback-leibler.ts';
import { populationStabilityIndex } from '../../src/core/stats/divergence/population-stability-index.ts';
import { psiAgainstNull } from '../../src/core/stats/divergence/psi-null.ts';
import { type SmoothingMode, sharesOf, totalOf } from '../../src/core/stats/divergence/shares.ts';
import { totalVariation } from '../../src/core/stats/divergence/total-variation.ts';
import { wasserstein1 } from '../../src/core/stats/divergence/wasserstein.ts';
import { entropyOf } from '../../src/core/stats/entropy.ts';
import { type GoldenCase, goldenCases, goldenMisses, numberAt, numbersAt } from './golden.ts';

const MODES: readonly SmoothingMode[] = ['additive', 'floor', 'none'];

/** The drift literature's names in the files: reference is the current model, current the canary. */
function armsOf(one: GoldenCase): {
  current: readonly number[];
  canary: readonly number[];
} {
  return { current: numbersAt(one.input, 'reference'), canary: numbersAt(one.input, 'current') };
}

function isEmpty(one: GoldenCase): boolean {
  const { current, canary } = armsOf(one);
  return totalOf(current) === 0 || totalOf(canary) === 0;
}

/** Raw samples as histograms with one cell per distinct value: then both distances are exact. */
function asHistogram(one: GoldenCase): {
  positions: readonly number[];
  counts: { current: readonly number[]; canary: readonly number[] };
} {
  const { current, canary } = armsOf(one);
  const positions = [...new Set([...current, ...canary])].sort((a, b) => a - b);
  return { positions, counts: { current: tally(current), canary: tally(canary) } };

  function tally(values: readonly number[]): readonly number[] {
    const seen = new Map<number, number>();
    for (const value of values) seen.set(value, (seen.get(value) ?? 0) + 1);
    return positions.map((position) => seen.get(position) ?? 0);
  }
}

describe('divergences against scipy and Evidently', () => {
  const cases = goldenCases('divergence', 'divergenceOfCounts', 53);

  it.each(MODES)('all agree in mode %s', (mode) => {
    const measured = cases.filter((one) => one.input['mode'] === mode && !isEmpty(one));
    expect(measured.length).toBe(17);
    const misses = measured.flatMap((one) => {
      const got = divergencesOf(armsOf(one), mode);
      if (got.state !== 'measured') return [`${one.name} is inconclusive`];
      const { klCurrentCanary, klCanaryCurrent, psi, hellinger } = got;
      const { jsDivergence, jsDistance, totalVariation: tv } = got;
      return goldenMisses(one, {
        psi,
        klReferenceCurrent: klCurrentCanary,
        klCurrentReference: klCanaryCurrent,
        jsDivergence,
        jsDistance,
        hellinger,
        totalVariation: tv,
      });
    });
    expect(misses).toEqual([]);
  });

  it('additive shares agree, and with them the arithmetic on an empty arm', () => {
    const additive = cases.filter((one) => one.input['mode'] === 'additive');
    expect(additive.length).toBe(19);
    const misses = additive.flatMap((one) => {
      const { current, canary } = armsOf(one);
      const p = sharesOf(current, 'additive');
      const q = sharesOf(canary, 'additive');
      return goldenMisses(one, {
        shares: { reference: p, current: q },
        psi: populationStabilityIndex(p, q),
        klReferenceCurrent: klDivergence(p, q),
        klCurrentReference: klDivergence(q, p),
        jsDivergence: jensenShannonDivergence(p, q),
        jsDistance: jensenShannonDistance(p, q),
        hellinger: hellingerDistance(p, q),
        totalVariation: totalVariation(p, q),
      });
    });
    expect(misses).toEqual([]);
  });

  it('an empty arm is inconclusive', () => {
    const empty = cases.filter(isEmpty);
    expect(empty.length).toBe(2);
    for (const one of empty) {
      expect(divergencesOf(armsOf(one), 'additive')).toEqual({
        state: 'inconclusive',
        reason: 'empty',
      });
    }
  });

  it('PSI beside its null agrees', () => {
    const misses = goldenCases('divergence', 'psiNull', 16).flatMap((one) => {
      const got = psiAgainstNull(armsOf(one), numberAt(one.input, 'level'));
      if (got.state !== 'measured') return [`${one.name} is inconclusive`];
      const { psi, expectedUnderNoChange, psiBiasCorrected, noiseLine, pValue } = got;
      return goldenMisses(one, {
        psi,
        expectedUnderNoChange,
        psiBiasCorrected,
        noiseLine,
        pValue,
      });
    });
    expect(misses).toEqual([]);
  });
});

describe('distances along an axis against scipy', () => {
  it('Wasserstein-1 and Kolmogorov-Smirnov agree on histograms', () => {
    const misses = goldenCases('divergence', 'histogramDistance', 3).flatMap((one) =>
      goldenMisses(one, {
        wasserstein1: wasserstein1(numbersAt(one.input, 'positions'), armsOf(one)),
        ks: kolmogorovSmirnov(armsOf(one)),
      }),
    );
    expect(misses).toEqual([]);
  });

  it('Wasserstein-1 agrees on samples', () => {
    const misses = goldenCases('divergence', 'wasserstein1', 8).flatMap((one) => {
      const { positions, counts } = asHistogram(one);
      return goldenMisses(one, { distance: wasserstein1(positions, counts) });
    });
    expect(misses).toEqual([]);
  });

  it('Kolmogorov-Smirnov agrees on samples', () => {
    const misses = goldenCases('divergence', 'ksStatistic', 8).flatMap((one) =>
      goldenMisses(one, { statistic: kolmogorovSmirnov(asHistogram(one).counts) }),
    );
    expect(misses).toEqual([]);
  });

  it('entropy agrees', () => {
    const misses = goldenCases('divergence', 'entropy', 4).flatMap((one) =>
      goldenMisses(one, { nats: entropyOf(numbersAt(one.input, 'counts')) }),
    );
    expect(misses).toEqual([]);
  });
});
