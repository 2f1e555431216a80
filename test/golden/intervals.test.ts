import { describe, expect, it } from 'vitest';
import { wilsonInterval } from '../../src/core/stats/intervals/wilson.ts';
import { binomialCdf } from '../../src/core/stats/special/binomial.ts';
import { goldenCases, goldenMisses, numberAt } from './golden.ts';

describe('rates against statsmodels and scipy', () => {
  it('the Wilson interval agrees', () => {
    const misses = goldenCases('intervals', 'wilson', 11).flatMap((one) => {
      const counts = {
        events: numberAt(one.input, 'successes'),
        trials: numberAt(one.input, 'trials'),
      };
      const got = wilsonInterval(counts, numberAt(one.input, 'alpha'));
      if (got.state !== 'measured') return [`${one.name} is inconclusive`];
      return goldenMisses(one, { lower: got.lower, upper: got.upper });
    });
    expect(misses).toEqual([]);
  });

  it('one-sided binomial tails agree', () => {
    const oneSided = goldenCases('intervals', 'binomialTest', 5).filter(
      (one) => one.input['alternative'] !== 'two-sided',
    );
    expect(oneSided.length).toBe(3);
    const misses = oneSided.flatMap((one) => {
      const events = numberAt(one.input, 'successes');
      const trials = numberAt(one.input, 'trials');
      const rate = numberAt(one.input, 'p0');
      // "At least k events" is "at most n - k non-events".
      const pValue =
        one.input['alternative'] === 'less'
          ? binomialCdf(events, { trials, rate })
          : binomialCdf(trials - events, { trials, rate: 1 - rate });
      return goldenMisses(one, { pValue });
    });
    expect(misses).toEqual([]);
  });
});
