import { describe, expect, it } from 'vitest';
import { passProbability } from '../../../../../src/core/stats/planning/pass-probability.ts';

describe('the chance of a faulty canary to pass', () => {
  it('falls with the samples', () => {
    const chance = (samples: number): number =>
      passProbability({ samples, rate: 0.02, rateMax: 0.0125 });
    expect(chance(0)).toBe(1);
    expect(chance(100)).toBeCloseTo(0.403_27, 4);
    expect(chance(500)).toBeCloseTo(0.127_604, 5);
    expect(chance(5000)).toBeLessThan(1e-4);
  });

  it('counts a limit that is a whole number of events as that number', () => {
    // 0.03 * 100 and 0.07 * 100 round to different sides of 3 and 7.
    for (const events of [3, 7, 29, 57, 58]) {
      const exact = passProbability({ samples: 100, rate: 0.5, rateMax: events / 100 });
      const above = passProbability({ samples: 100, rate: 0.5, rateMax: (events + 0.5) / 100 });
      expect(exact).toBe(above);
    }
  });
});
