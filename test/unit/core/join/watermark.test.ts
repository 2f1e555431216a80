import { describe, expect, test } from 'vitest';
import {
  hear,
  lastClosedWindow,
  noFacts,
  type WatermarkFacts,
  watermarkAt,
} from '../../../../src/core/join/watermark.ts';

const SETTINGS = {
  lengthMs: 60_000,
  graceMs: 30_000,
  outOfOrdernessMs: 5_000,
  idleTimeoutMs: 30_000,
};

function heard(over: Partial<WatermarkFacts> = {}): WatermarkFacts {
  return {
    highestCurrentMs: 100_000,
    highestCanaryMs: 90_000,
    heardCurrentMs: 100_000,
    heardCanaryMs: 100_000,
    watermarkMs: Number.NEGATIVE_INFINITY,
    ...over,
  };
}

describe('the watermark', () => {
  test('is the lower of both arms, less the disorder', () => {
    expect(watermarkAt(heard(), 100_000, SETTINGS)).toBe(85_000);
  });

  test('leaves an idle arm out, only when its timeout is over', () => {
    const facts = heard({ heardCanaryMs: 70_000 });
    expect(watermarkAt(facts, 100_000, SETTINGS)).toBe(85_000);
    expect(watermarkAt(facts, 100_001, SETTINGS)).toBe(95_000);
    expect(watermarkAt(heard({ heardCurrentMs: 70_000 }), 100_001, SETTINGS)).toBe(85_000);
  });

  test('is advanced by the clock when both arms are idle', () => {
    expect(watermarkAt(heard(), 130_000, SETTINGS)).toBe(85_000);
    expect(watermarkAt(heard(), 130_001, SETTINGS)).toBe(125_001);
  });

  test('never goes back: an arm that wakes up does not pull it down', () => {
    expect(watermarkAt(heard({ watermarkMs: 95_000 }), 100_000, SETTINGS)).toBe(95_000);
  });

  test('does not exist before the first record, whatever the clock says', () => {
    expect(watermarkAt(noFacts(), 1e12, SETTINGS)).toBe(Number.NEGATIVE_INFINITY);
  });

  test('waits for an arm that has not spoken yet, until its timeout is over', () => {
    const facts = noFacts();
    hear(facts, { isCanary: false, eventTimeMs: 100_000, heardMs: 100_000 });
    expect(watermarkAt(facts, 130_000, SETTINGS)).toBe(Number.NEGATIVE_INFINITY);
    hear(facts, { isCanary: false, eventTimeMs: 130_001, heardMs: 130_001 });
    expect(watermarkAt(facts, 130_001, SETTINGS)).toBe(125_001);
  });

  test('keeps the highest event time of each arm, not the latest', () => {
    const facts = noFacts();
    hear(facts, { isCanary: true, eventTimeMs: 100_000, heardMs: 100_000 });
    hear(facts, { isCanary: true, eventTimeMs: 40_000, heardMs: 101_000 });
    expect(facts.highestCanaryMs).toBe(100_000);
    expect(facts.heardCanaryMs).toBe(101_000);
    expect(facts.highestCurrentMs).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('the last window that a watermark closes', () => {
  test.each([
    { watermarkMs: 89_999, last: -1 },
    { watermarkMs: 90_000, last: 0 },
    { watermarkMs: 149_999, last: 0 },
    { watermarkMs: 150_000, last: 1 },
    { watermarkMs: -30_000, last: -2 },
    { watermarkMs: Number.NEGATIVE_INFINITY, last: Number.NEGATIVE_INFINITY },
  ])('is $last at $watermarkMs', ({ watermarkMs, last }) => {
    expect(lastClosedWindow(watermarkMs, SETTINGS)).toBe(last);
  });
});
