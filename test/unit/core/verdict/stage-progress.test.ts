import { describe, expect, test } from 'vitest';
import type { StageRef } from '../../../../src/core/events/verdict.ts';
import {
  addProgress,
  afterLook,
  isLookDue,
  noProgress,
  type StageProgress,
  samplesOf,
  samplesPerWindow,
  wasPassed,
} from '../../../../src/core/verdict/stage-progress.ts';
import { SHADOW } from '../../../support/judging.ts';
import { summaryOf } from '../../../support/summaries.ts';

const SPLIT: StageRef = { index: 1, share: 0.05, fromMs: 600_000 };

/** So many windows of 100 pairs and 40 answers that the canary served, all of one stage. */
function after(windows: number, stageFromMs: number | null, from = noProgress()): StageProgress {
  const summary = summaryOf({
    counts: { matched: 100 },
    canary: { predictions: 100, served: 40 },
  });
  let progress = from;
  for (let window = 0; window < windows; window += 1) {
    progress = addProgress(progress, summary, stageFromMs);
  }
  return progress;
}

describe('the progress of a stage', () => {
  test('counts pairs in shadow, and answers that the canary served in a split', () => {
    expect(samplesOf(after(3, SHADOW.fromMs), SHADOW)).toBe(300);
    expect(samplesOf(after(3, SPLIT.fromMs), SPLIT)).toBe(120);
  });

  test('begins anew with each stage, and leaves windows between two out', () => {
    const shadow = after(3, SHADOW.fromMs);
    expect(samplesOf(shadow, SPLIT)).toBe(0);
    const between = after(2, null, shadow);
    expect(samplesOf(between, SHADOW)).toBe(300);
    expect(samplesOf(after(1, SPLIT.fromMs, between), SPLIT)).toBe(40);
  });

  test('knows the samples per window of late, and 0 before the first', () => {
    expect(samplesPerWindow(noProgress(), SHADOW)).toBe(0);
    expect(samplesPerWindow(after(5, SHADOW.fromMs), SHADOW)).toBeCloseTo(100);
    expect(samplesPerWindow(after(5, SPLIT.fromMs), SPLIT)).toBeCloseTo(40);
  });

  test('is looked at once, and again when its samples have grown by half', () => {
    const first = after(2, SHADOW.fromMs);
    expect(isLookDue(first, SHADOW)).toBe(true);
    const looked = afterLook(first, SHADOW, false);
    expect(looked.nextLookAt).toBe(300);
    expect(isLookDue(looked, SHADOW)).toBe(false);
    expect(isLookDue(after(1, SHADOW.fromMs, looked), SHADOW)).toBe(true);
  });

  test('waits for at least one more sample when there was none', () => {
    expect(afterLook(noProgress(), SHADOW, false).nextLookAt).toBe(1);
  });

  test('remembers a pass for its stage only', () => {
    const passed = afterLook(after(2, SHADOW.fromMs), SHADOW, true);
    expect(wasPassed(passed, SHADOW)).toBe(true);
    expect(wasPassed(passed, SPLIT)).toBe(false);
    expect(isLookDue(passed, SPLIT)).toBe(true);
    expect(wasPassed(afterLook(passed, SPLIT, false), SPLIT)).toBe(false);
  });
});
