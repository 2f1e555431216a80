import { describe, expect, test } from 'vitest';
import { memoryLog } from '../../../src/adapters/memory/log.ts';
import type { Outcome, Prediction } from '../../../src/core/events/prediction.ts';
import { FrameSplitter } from '../../../src/pipeline/frame-split.ts';
import type { LogFrame } from '../../../src/pipeline/ports.ts';
import { canary, current, MODEL, outcomeOf } from '../../support/predictions.ts';

const T = 86_400_000;
const NO_HORIZON = {
  oldestWindow: Number.POSITIVE_INFINITY,
  horizonMsOf: () => Number.POSITIVE_INFINITY,
};

async function frameOf(
  predictions: readonly Prediction[],
  outcomes: readonly Outcome[] = [],
): Promise<LogFrame> {
  const log = memoryLog({
    predictions,
    outcomes,
    ...MODEL,
    outcomeMetrics: ['late'],
    frameSize: 999,
  });
  const frame = await log.next();
  if (frame === null) throw new Error('an empty log');
  return frame;
}

describe('a frame split over partitions', () => {
  test('is dealt completely, each key to one partition, in the order of the log', async () => {
    const predictions = Array.from({ length: 60 }, (_, i) => [
      current(`r${i}`, T + i),
      canary(`r${i}`, T + i),
    ]).flat();
    const outcomes = Array.from({ length: 60 }, (_, i) => outcomeOf(`r${i}`, T + 100));
    const frame = await frameOf(predictions, outcomes);
    const splitter = new FrameSplitter(5, 60_000);
    expect(splitter.split(frame, { from: 0, end: frame.length, ...NO_HORIZON })).toBe(180);
    const lists = Array.from({ length: 5 }, (_, p) => splitter.input(p));
    const dealt = lists.flatMap(({ predictions: own, outcomes: others }) => [
      own.length,
      others.length,
    ]);
    expect(dealt.reduce((sum, n) => sum + n, 0)).toBe(180);
    for (const { predictions: own, outcomes: others } of lists) {
      const sequences = Array.from(own.sequences.subarray(0, own.length));
      expect(sequences).toEqual(sequences.toSorted((left, right) => left - right));
      // Both arms and the outcome of a request: three records of one key.
      expect(own.length).toBe(2 * others.length);
    }
  });

  test('tells the clock just before each record', async () => {
    const frame = await frameOf([current('a', T), canary('a', T + 5), current('b', T + 2)]);
    const splitter = new FrameSplitter(1, 60_000);
    splitter.split(frame, { from: 0, end: 3, ...NO_HORIZON });
    const { clocksMs } = splitter.input(0).predictions;
    expect(Array.from(clocksMs.subarray(0, 3))).toEqual([Number.NEGATIVE_INFINITY, T, T + 5]);
    expect(splitter.clockMs).toBe(T + 5);
  });

  test('is moved by arrivals where the log has them, and not by another model', async () => {
    const frame = await frameOf([
      current('a', T, { arrivalTimeMs: T + 90 }),
      current('b', T + 1e6, { model: 'other' }),
    ]);
    const splitter = new FrameSplitter(1, 60_000);
    splitter.split(frame, { from: 0, end: 2, ...NO_HORIZON });
    expect([splitter.clockMs, splitter.frontMs]).toEqual([T + 90, T]);
  });

  test('stops at the first prediction that depends on an open window, also one opened on the way', async () => {
    const at = (ms: number) => current(`r${ms}`, T + ms);
    const frame = await frameOf([at(60_000), at(59_000), at(170_000), at(180_000), at(240_000)]);
    const horizonMsOf = (window: number) => (window + 3) * 60_000;
    const splitter = new FrameSplitter(1, 60_000);
    const oldestWindow = T / 60_000 + 1;
    expect(splitter.split(frame, { from: 0, end: 5, oldestWindow, horizonMsOf })).toBe(3);
    expect(splitter.split(frame, { from: 3, end: 5, oldestWindow, horizonMsOf })).toBe(4);
  });
});
