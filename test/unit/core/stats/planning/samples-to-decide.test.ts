import { describe, expect, it } from 'vitest';
import {
  canaryRequestsToDecide,
  informationPerCanaryRequest,
  trialsToDecide,
} from '../../../../../src/core/stats/planning/samples-to-decide.ts';

const plan = { share: 0.01, currentRate: 0.01, ratio: 1.5, ratioTolerated: 1 };

describe('samples until a fault is seen', () => {
  it('are thousands for half a percentage point at a share of 1 %', () => {
    expect(canaryRequestsToDecide(plan, Math.log(20))).toBeCloseTo(4671.1028, 3);
  });

  it('are fewer for a larger fault and more for a stricter line', () => {
    const usual = canaryRequestsToDecide(plan, Math.log(100)) ?? Infinity;
    expect(canaryRequestsToDecide({ ...plan, ratio: 5 }, Math.log(100))).toBeLessThan(usual);
    expect(canaryRequestsToDecide(plan, Math.log(1000))).toBeGreaterThan(usual);
  });

  it('never come for a fault within the tolerance', () => {
    const tolerated = { ...plan, ratioTolerated: 1.5 };
    expect(informationPerCanaryRequest(tolerated)).toBe(0);
    expect(canaryRequestsToDecide(tolerated, Math.log(20))).toBeNull();
    expect(trialsToDecide({ rate: 0.02, limit: 0.02 }, Math.log(20))).toBeNull();
    expect(trialsToDecide({ rate: 0.01, limit: 0.02 }, Math.log(20))).toBeNull();
  });

  it('are hundreds of pairs for 5 % disagreement against a limit of 2 %', () => {
    expect(trialsToDecide({ rate: 0.05, limit: 0.02 }, Math.log(100))).toBeCloseTo(405.76, 2);
    expect(trialsToDecide({ rate: 1, limit: 0.5 }, 2)).toBeCloseTo(4 / Math.LN2, 10);
  });
});
