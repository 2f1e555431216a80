import { expect, test } from 'vitest';
import { psiRule } from '../../../src/demo/psi-rule.ts';

const EVEN = { currentCounts: [400, 400, 0], canaryCounts: [400, 400, 0] };
const MOVED = { currentCounts: [400, 400, 0], canaryCounts: [700, 100, 0] };
const MOVED_BACK = { currentCounts: [400, 400, 0], canaryCounts: [100, 700, 0] };

test('the rule fires at the first window above the limit, and counts the others', () => {
  const rule = psiRule([
    { startMs: 0, ...EVEN },
    { startMs: 60, ...MOVED },
    { startMs: 120, ...MOVED_BACK },
  ]);
  // Shares are smoothed by half a count: 700.5 and 100.5 of 801 against 400.5, in two used cells.
  const psi = (300 / 801) * Math.log(700.5 / 100.5);
  expect(rule.firstOver?.startMs).toBe(60);
  expect(rule.firstOver?.psi).toBeCloseTo(psi, 12);
  expect(rule.medianPsi).toBeCloseTo(psi, 12);
  expect([rule.overCount, rule.windowCount]).toEqual([2, 3]);
});

test('over the whole log, what moves there and back is nothing', () => {
  const windows = [MOVED, MOVED_BACK].map((counts, k) => ({ startMs: k, ...counts }));
  expect(psiRule(windows).wholeLogPsi).toBeCloseTo(0, 12);
});

test('a window with few answers of one arm never fires, but is part of the whole log', () => {
  const few = { startMs: 0, currentCounts: [250, 250], canaryCounts: [499, 0] };
  const rule = psiRule([few]);
  expect(rule).toMatchObject({ firstOver: null, medianPsi: null, windowCount: 0, overCount: 0 });
  expect(rule.wholeLogPsi).toBeGreaterThan(0.25);
});

test('no window is no PSI, not one of 0', () => {
  expect(psiRule([])).toMatchObject({ firstOver: null, medianPsi: null, wholeLogPsi: null });
});
