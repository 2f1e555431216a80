import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FetchTimes } from '../../../../src/adapters/kafka/fetch-times.ts';

describe('when fetches began', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is not known before the first', () => {
    expect(new FetchTimes(1_000).lowerBoundMs()).toBeNull();
  });

  test('is the latest fetch of the only broker', () => {
    const times = new FetchTimes(1_000);
    times.started('0', 100);
    times.started('0', 200);
    expect(times.lowerBoundMs()).toBe(200);
  });

  test('is the earliest of the latest fetches of several', () => {
    const times = new FetchTimes(1_000);
    times.started('0', 100);
    times.started('1', 150);
    times.started('1', 300);
    expect(times.lowerBoundMs()).toBe(100);
  });

  test('forgets a broker that is no longer read from', () => {
    const times = new FetchTimes(1_000);
    times.started('0', 100);
    vi.advanceTimersByTime(1_001);
    times.started('1', 1_200);
    expect(times.lowerBoundMs()).toBe(1_200);
  });

  test('forgets none while batches wait for room', () => {
    const times = new FetchTimes(1_000);
    times.started('0', 100);
    vi.advanceTimersByTime(5_000);
    times.stalled();
    times.started('1', 5_100);
    expect(times.lowerBoundMs()).toBe(100);
  });

  test('are renewed when every broker was asked anew', () => {
    const times = new FetchTimes(1_000);
    times.started('0', 1);
    times.started('1', 1);
    const isRenewed = times.renewal();
    times.started('0', 2);
    expect(isRenewed()).toBe(false);
    times.started('1', 2);
    expect(isRenewed()).toBe(true);
  });
});
