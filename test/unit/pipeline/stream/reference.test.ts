import { describe, expect, it } from 'vitest';
import { Reference } from '../../../../src/pipeline/stream/reference.ts';
import { GrowingSchema } from '../../../../src/pipeline/stream/stream-schema.ts';
import { disagreement, planOf } from '../../../support/plans.ts';
import { WILD_PROFILE } from '../../../support/random-log.ts';

const plan = planOf([disagreement()]);

function referenceOf(): Reference {
  return new Reference({
    rolloutId: 'r',
    plan,
    partitionCount: 1,
    topics: { current: 'a', canary: 'b', outcomes: null },
    startAt: 'earliest',
    schema: new GrowingSchema(),
  });
}

const told = (fromMs: number | null, mergedThroughMs: number | null = null) => ({
  rolloutId: 'r',
  mergedThroughMs,
  profile: { hash: 'p', fromMs, profile: WILD_PROFILE },
});

describe('the cells of a rollout', () => {
  it('are learned at first: no window has a profile, and none is merged', () => {
    const reference = referenceOf();
    expect([reference.hash, reference.firstWindow]).toEqual([null, Infinity]);
    expect(reference.mergedWindow).toBe(-Infinity);
    expect(reference.layoutOfWindow(9).profile).toBeNull();
  });

  it('are in force from the first window that begins in them', () => {
    const reference = referenceOf();
    reference.take(told(300_000));
    expect(reference.firstWindow).toBe(5);
    expect([4, 5].map((window) => reference.hashOfWindow(window))).toEqual([null, 'p']);
    expect(reference.layoutOfWindow(4).profile).toBeNull();
    expect(reference.layoutOfWindow(5).profile).toBe(WILD_PROFILE);
  });

  it('are in force always when they were given', () => {
    const reference = referenceOf();
    reference.take(told(null));
    expect(reference.hashOfWindow(-1_000)).toBe('p');
  });

  it('are never taken back', () => {
    const reference = referenceOf();
    reference.take(told(300_000));
    reference.take({ rolloutId: 'r', mergedThroughMs: 0, profile: null });
    expect(reference.hash).toBe('p');
  });

  it('hold joining up where a window that waits could bring them', () => {
    const reference = referenceOf();
    expect(reference.horizonMs(Infinity)).toBe(Infinity);
    // Window 2 ends at 180 s; grace, disorder and idle timeout later is 245 s: the next boundary.
    expect(reference.horizonMs(2)).toBe(300_000);
    reference.take({ rolloutId: 'r', mergedThroughMs: 180_000, profile: null });
    expect(reference.mergedWindow).toBe(2);
    reference.take(told(300_000));
    expect(reference.horizonMs(2)).toBe(Infinity);
  });
});
