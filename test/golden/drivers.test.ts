import { describe, expect, it } from 'vitest';
import { correlationRatio } from '../../src/core/stats/correlation-ratio.ts';
import { disagreementInformation } from '../../src/core/stats/mutual-information.ts';
import { goldenCases, goldenMisses, listAt, numberOf, numbersAt } from './golden.ts';

describe('what ranks drivers, against scikit-learn and scipy', () => {
  it('the information of a feature about disagreement agrees', () => {
    let inconclusive = 0;
    const misses = goldenCases('mutual-information', 'disagreementInformation', 8).flatMap(
      (one) => {
        const got = disagreementInformation({
          disagree: numbersAt(one.input, 'disagree'),
          agree: numbersAt(one.input, 'agree'),
        });
        if (got.state !== 'measured') {
          inconclusive += 1;
          return goldenMisses(one, { state: got.state });
        }
        return goldenMisses(one, {
          n: got.pairCount,
          cells: got.cellCount,
          g: got.g,
          miNats: got.mutualInformation,
          miBiasCorrected: got.mutualInformationCorrected,
          entropyNats: got.entropy,
          shareExplained: got.shareExplained,
          liftShrunk: got.lifts,
        });
      },
    );
    expect(misses).toEqual([]);
    expect(inconclusive).toBe(1);
  });

  it('the correlation ratio agrees', () => {
    const misses = goldenCases('correlation', 'correlationRatio', 3).flatMap((one) => {
      const groups = listAt(one.input, 'groups').map((group) =>
        Array.isArray(group) ? group.map(numberOf) : [],
      );
      const got = correlationRatio({
        counts: groups.map((group) => group.length),
        sums: groups.map((group) => group.reduce((sum, x) => sum + x, 0)),
        squareSums: groups.map((group) => group.reduce((sum, x) => sum + x * x, 0)),
      });
      if (got.state !== 'measured') return [`${one.name} is inconclusive`];
      return goldenMisses(one, { etaSquared: got.etaSquared, nullMean: got.nullMean });
    });
    expect(misses).toEqual([]);
  });
});
