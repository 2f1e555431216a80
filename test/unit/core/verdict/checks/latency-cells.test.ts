import { describe, expect, test } from 'vitest';
import {
  noCells,
  quantileMs,
  shiftCells,
  slowest,
} from '../../../../../src/core/verdict/checks/latency-cells.ts';
import { LATENCY_GROWTH, latencyCell } from '../../../../../src/core/windows/scales.ts';
import { latencies } from '../../../../support/summaries.ts';

describe('shifting the canary by its tolerance', () => {
  test('moves it down by the cells of the ratio, rounded in its favour', () => {
    const cell = latencyCell(100);
    const shifted = shiftCells(latencies({ 100: 7 }), { ratio: 1.25, difference: 0 });
    expect(shifted[cell - 12]).toBe(7);
    expect(LATENCY_GROWTH ** 12).toBeGreaterThan(1.25);
    const exact = shiftCells(latencies({ 100: 7 }), { ratio: LATENCY_GROWTH ** 5, difference: 0 });
    expect(exact[cell - 5]).toBe(7);
  });

  test('takes the difference in ms where that is more', () => {
    const shifted = shiftCells(latencies({ 100: 7 }), { ratio: 1.02, difference: 60 });
    expect(quantileMs(shifted, 0.5)).toBeLessThanOrEqual(40);
    expect(quantileMs(shifted, 0.5)).toBeGreaterThan(37);
  });

  test('keeps every answer, at the fast end too', () => {
    const shifted = shiftCells(latencies({ 0.001: 3, 0.011: 4, 5: 9 }), {
      ratio: 100,
      difference: 0,
    });
    expect(shifted.reduce((sum, n) => sum + n, 0)).toBe(16);
    expect(shifted[0]).toBe(7);
  });
});

describe('the slowest answers of a window', () => {
  test('are those above the pooled quantile', () => {
    const current = latencies({ 10: 950, 50: 50 });
    const canary = latencies({ 10: 900, 50: 100 });
    expect(slowest(current, canary, 0.9)).toEqual({ events: 100, trials: 150, share: 0.5 });
  });

  test('take in the crowded cell of the quantile when nothing is left above it', () => {
    expect(slowest(latencies({ 10: 500 }), latencies({ 20: 500 }), 0.95)).toEqual({
      events: 500,
      trials: 500,
      share: 0.5,
    });
  });

  test('are nobody when all answers are in one cell, or there are none', () => {
    expect(slowest(latencies({ 10: 5 }), latencies({ 10: 5 }), 0.95).trials).toBe(0);
    expect(slowest(noCells(), noCells(), 0.95)).toEqual({ events: 0, trials: 0, share: 0 });
  });
});

test('a quantile is the lower edge of its cell, and unknown without an answer', () => {
  expect(quantileMs(latencies({ 10: 95, 50: 5 }), 0.95)).toBeCloseTo(10, 0);
  expect(quantileMs(latencies({ 0.001: 5 }), 0.95)).toBe(0.005);
  expect(quantileMs(noCells(), 0.95)).toBeNull();
});
