import { describe, expect, it } from 'vitest';
import {
  foldIncrements,
  initialEvidence,
  logEvidence,
  logPlain,
} from '../../../../../src/core/stats/sequential/evidence.ts';

describe('the state of a sequential test', () => {
  it('begins with no evidence either way', () => {
    expect(logEvidence(initialEvidence())).toBe(0);
    expect(logPlain(initialEvidence())).toBe(0);
  });

  it('is worth what the cash and the products are worth', () => {
    const state = foldIncrements(initialEvidence(1), [Math.log(3)]);
    expect(logPlain(state)).toBeCloseTo(Math.log(3), 14);
    // Half of the restart half was put in and tripled: 1/2 + 3/2.
    expect(logEvidence(state)).toBeCloseTo(Math.log((3 + 2) / 2), 14);
  });

  it('keeps E at 1 through windows that say nothing, and counts them', () => {
    let state = initialEvidence(3);
    for (let i = 0; i < 1000; i++) state = foldIncrements(state, [0, 0, 0]);
    expect(logEvidence(state)).toBeCloseTo(0, 10);
    expect(state.windowCount).toBe(1000);
  });

  it('comes back from JSON bit for bit, also before the first window', () => {
    let state = initialEvidence(4);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
    state = foldIncrements(state, [-1e6, 0.1, 1e-17, 700]);
    const copy: typeof state = JSON.parse(JSON.stringify(state));
    expect(copy).toEqual(state);
    expect(logEvidence(foldIncrements(copy, [1, 2, 3, 4]))).toBe(
      logEvidence(foldIncrements(state, [1, 2, 3, 4])),
    );
  });

  it('is not changed by folding', () => {
    const state = Object.freeze(initialEvidence(2));
    foldIncrements(state, [1, 1]);
    expect(state).toEqual(initialEvidence(2));
  });

  it('sees a late fault by the restart half long before the plain half', () => {
    let state = initialEvidence(1);
    for (let i = 0; i < 300; i++) state = foldIncrements(state, [-0.2]);
    for (let i = 0; i < 40; i++) state = foldIncrements(state, [0.5]);
    expect(logPlain(state)).toBeLessThan(-39);
    expect(logEvidence(state)).toBeGreaterThan(10);
  });

  it('survives evidence of any size without overflow', () => {
    const state = foldIncrements(initialEvidence(2), [1e8, -1e8]);
    expect(logEvidence(state)).toBeCloseTo(1e8, -2);
  });

  it('refuses increments that are not numbers or not of its grid', () => {
    expect(() => foldIncrements(initialEvidence(2), [0, Number.NaN])).toThrow('finite');
    expect(() => foldIncrements(initialEvidence(2), [0, -Infinity])).toThrow('finite');
    expect(() => foldIncrements(initialEvidence(2), [0])).toThrow('per grid point');
  });
});
