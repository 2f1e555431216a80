import { expect, test } from 'vitest';
import { HOUR_MS } from '../../../../src/demo/live/hours.ts';
import { shiftOf } from '../../../../src/demo/live/progress.ts';
import { SERVE_FROM_MS } from '../../../../src/demo/write-logs.ts';

const NOW_MS = Date.UTC(2026, 10, 25, 2, 20);

test('the first flights leave with the next hour of the clock', () => {
  expect(SERVE_FROM_MS + shiftOf(0, null, NOW_MS)).toBe(Date.UTC(2026, 10, 25, 3));
});

test('flights that run ahead of the clock stay where they are', () => {
  const shiftMs = shiftOf(0, null, NOW_MS);
  expect(shiftOf(5, shiftMs, NOW_MS + HOUR_MS)).toBe(shiftMs);
});

test('flights that the clock has overtaken begin again with its next hour', () => {
  const shiftMs = shiftOf(0, null, NOW_MS);
  const later = shiftOf(5, shiftMs, NOW_MS + 30 * HOUR_MS);
  expect(SERVE_FROM_MS + 5 * HOUR_MS + later).toBe(Date.UTC(2026, 10, 26, 9));
});
