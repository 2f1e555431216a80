import { describe, expect, it } from 'vitest';
import {
  canaryRequestsToDecide,
  informationPerCanaryRequest,
} from '../../src/core/stats/planning/samples-to-decide.ts';
import { goldenCases, goldenMisses, numberAt } from './golden.ts';

describe('how long until it can be seen, against 60-digit arithmetic', () => {
  it('information and mean sample size agree', () => {
    const misses = goldenCases('planning', 'sequentialPlan', 5).flatMap((one) => {
      const plan = {
        share: numberAt(one.input, 'canaryShare'),
        currentRate: numberAt(one.input, 'currentRate'),
        ratio: numberAt(one.input, 'ratio'),
        ratioTolerated: numberAt(one.input, 'toleranceRatio'),
      };
      return goldenMisses(one, {
        informationPerCanaryRequest: informationPerCanaryRequest(plan),
        waldCanaryRequests: canaryRequestsToDecide(plan, -Math.log(numberAt(one.input, 'alpha'))),
      });
    });
    expect(misses).toEqual([]);
  });
});
