import { describe, expect, test } from 'vitest';
import {
  bakeEndMs,
  isTransition,
  phaseOfShare,
  stageAt,
  stageName,
  watchEndMs,
} from '../../../../src/core/rollout/stages.ts';
import { initialState } from '../../../../src/core/rollout/state.ts';
import { MINUTE_MS, RULES, run } from '../../../support/rollout.ts';

/** The 5 % stage was decided at minute 3 and begins at minute 5. */
const { state } = run(['hold', 'hold', { decision: 'promote', leadWindows: 2 }]);

describe('the stage of a window', () => {
  test('follows from its start', () => {
    expect(stageAt(state, 5 * MINUTE_MS - 1)).toEqual({ index: 0, share: 0, fromMs: 0 });
    expect(stageAt(state, 5 * MINUTE_MS)).toEqual({ index: 1, share: 0.05, fromMs: 5 * MINUTE_MS });
  });

  test('is the first one for a window before the start', () => {
    expect(stageAt(state, -MINUTE_MS).index).toBe(0);
  });

  test('is asked for after the beginning only', () => {
    expect(() => stageAt(initialState(), 0)).toThrow('missing');
  });

  test('is in transition from the decision to the boundary', () => {
    const minutes = [2, 3, 4, 5].map((minute) => isTransition(state, minute * MINUTE_MS));
    expect(minutes).toEqual([false, true, true, false]);
  });
});

describe('the end of a stage', () => {
  test('bake counts from the stage, the watch is the longer of bake and horizon', () => {
    expect(bakeEndMs(RULES, state)).toBe(7 * MINUTE_MS);
    expect(watchEndMs(RULES, state)).toBe(7 * MINUTE_MS);
    expect(watchEndMs({ ...RULES, watchMs: 10 * MINUTE_MS }, state)).toBe(15 * MINUTE_MS);
  });
});

test('a share says which phase its stage is', () => {
  expect([0, 0.0001, 0.99, 1].map(phaseOfShare)).toEqual(['shadow', 'split', 'split', 'watching']);
});

test('a stage is named with its step, counted from 1, and its share', () => {
  expect(stageName(RULES, { index: 0, share: 0, fromMs: 0 })).toBe('step 1 of 3 (shadow)');
  expect(stageName(RULES, { index: 1, share: 0.005, fromMs: 0 })).toBe('step 2 of 3 (0.5 %)');
});
