import { describe, expect, test } from 'vitest';
import { initialEvidence, logEvidence } from '../../../../../src/core/stats/sequential/evidence.ts';
import { rateLowerBound } from '../../../../../src/core/stats/sequential/rate-bound.ts';
import { updateTilt } from '../../../../../src/core/stats/sequential/tilt.ts';
import { mulberry32 } from '../../../../support/random.ts';
import { draw } from '../../../../support/traffic.ts';

const RULE = { logLine: Math.log(100), dispersion: 1 };

describe('the lower bound of a rate', () => {
  test('is below the rate, nearer with more trials, and unknown without any', () => {
    const few = rateLowerBound({ events: 20, trials: 100 }, RULE) ?? Number.NaN;
    const many = rateLowerBound({ events: 2_000, trials: 10_000 }, RULE) ?? Number.NaN;
    expect(few).toBeGreaterThan(0.05);
    expect(few).toBeLessThan(many);
    expect(many).toBeLessThan(0.2);
    expect(many).toBeGreaterThan(0.18);
    expect(rateLowerBound({ events: 0, trials: 0 }, RULE)).toBeNull();
    expect(rateLowerBound({ events: 0, trials: 100 }, RULE)).toBe(0);
  });

  test('never claims what the evidence does not: above the limit, the line is reached', () => {
    const limit = 0.1;
    const random = mulberry32(1);
    let state = initialEvidence();
    const sums = { events: 0, trials: 0 };
    for (let window = 0; window < 40; window += 1) {
      const events = draw(random, 100, 0.17);
      state = updateTilt(
        state,
        { events, trials: 100, share: limit, logMargin: 0 },
        { direction: 1, dispersion: 1 },
      );
      sums.events += events;
      sums.trials += 100;
      const claimed = (rateLowerBound(sums, RULE) ?? 0) > limit;
      expect(claimed && logEvidence(state) < RULE.logLine).toBe(false);
    }
    expect(rateLowerBound(sums, RULE)).toBeGreaterThan(limit);
  });
});
