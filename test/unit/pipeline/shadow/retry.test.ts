import { describe, expect, it } from 'vitest';
import { retryWaitMs } from '../../../../src/pipeline/shadow/retry.ts';

describe('the wait before another attempt', () => {
  it('is twice as long each time, up to ten seconds', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 8, 20].map((attempt) => retryWaitMs('r', attempt, null));
    const wholes = [200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000];
    for (const [i, whole] of wholes.entries()) {
      expect(waits[i]).toBeGreaterThanOrEqual(whole / 2);
      expect(waits[i]).toBeLessThan(whole);
    }
  });

  it('differs between requests, so that they do not come back together', () => {
    const waits = Array.from({ length: 50 }, (_, i) => retryWaitMs(`r-${i}`, 1, null));
    expect(new Set(waits).size).toBeGreaterThan(30);
  });

  it('is what the endpoint asks for, up to a minute', () => {
    expect(retryWaitMs('r', 1, 5_000)).toBe(5_000);
    expect(retryWaitMs('r', 1, 3_600_000)).toBe(60_000);
    expect(retryWaitMs('r', 8, 1)).toBeGreaterThan(4_999);
  });
});
