import { describe, expect, it } from 'vitest';
import {
  initialEvidence,
  logEvidence,
  logPlain,
} from '../../../../../src/core/stats/sequential/evidence.ts';
import { nullShare, updateTilt } from '../../../../../src/core/stats/sequential/tilt.ts';

const up = { direction: 1, dispersion: 1 } as const;

describe('the binomial tilt', () => {
  it('gains when the canary has more of the events than its share', () => {
    const counts = { events: 2, trials: 4, share: 0.01, logMargin: Math.log(1.1) };
    expect(logPlain(updateTilt(initialEvidence(), counts, up))).toBeCloseTo(4.154_258, 6);
  });

  it.each([
    ['nothing happened', { events: 0, trials: 0, share: 0.1, logMargin: 0 }],
    ['the canary had no request', { events: 0, trials: 5, share: 0, logMargin: 0 }],
    ['the current model had no request', { events: 5, trials: 5, share: 1, logMargin: 0 }],
  ])('learns nothing from a window in which %s, but counts it', (_, counts) => {
    const state = updateTilt(initialEvidence(), counts, up);
    expect(logPlain(state)).toBe(0);
    expect(logEvidence(state)).toBeCloseTo(0, 14);
    expect(state.windowCount).toBe(1);
  });

  it('reads evidence of a drop in the other direction', () => {
    const counts = { events: 10, trials: 100, share: 0.5, logMargin: 0 };
    const fewer = updateTilt(initialEvidence(), counts, { direction: -1, dispersion: 1 });
    expect(logPlain(fewer)).toBeGreaterThan(20);
    expect(logPlain(updateTilt(initialEvidence(), counts, up))).toBeLessThan(0);
  });

  it('counts less when requests are dispersed', () => {
    const counts = { events: 40, trials: 100, share: 0.1, logMargin: 0 };
    const plain = updateTilt(initialEvidence(), counts, up).plain;
    const tempered = updateTilt(initialEvidence(), counts, { direction: 1, dispersion: 4 }).plain;
    expect(tempered).toEqual(plain.map((sum) => sum / 4));
  });

  it('moves the share of the null by the tolerated ratio', () => {
    expect(nullShare(0.5, Math.log(3))).toBeCloseTo(0.75, 14);
    expect(nullShare(0.3, 0)).toBe(0.3);
  });

  it('refuses counts that cannot be', () => {
    const bad = { events: 3, trials: 2, share: 0.5, logMargin: 0 };
    expect(() => updateTilt(initialEvidence(), bad, up)).toThrow('some of all events');
    const off = { events: 1, trials: 2, share: 1.5, logMargin: 0 };
    expect(() => updateTilt(initialEvidence(), off, up)).toThrow('[0, 1]');
    const fine = { events: 1, trials: 2, share: 0.5, logMargin: 0 };
    expect(() => updateTilt(initialEvidence(), fine, { direction: 1, dispersion: 0.5 })).toThrow(
      'invent evidence',
    );
  });
});
