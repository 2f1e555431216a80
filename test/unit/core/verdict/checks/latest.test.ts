import { describe, expect, test } from 'vitest';
import {
  type EvidenceState,
  initialEvidence,
} from '../../../../../src/core/stats/sequential/evidence.ts';
import { updateTilt } from '../../../../../src/core/stats/sequential/tilt.ts';
import { latestDominates } from '../../../../../src/core/verdict/checks/latest.ts';

/** So many windows of 1,000 answers of each model, the canary's errors beside 100 of the other. */
function after(windows: number, canaryErrors: number, from = initialEvidence()): EvidenceState {
  const counts = { events: canaryErrors, trials: canaryErrors + 100, share: 0.5, logMargin: 0 };
  let state = from;
  for (let window = 0; window < windows; window += 1) {
    state = updateTilt(state, counts, { direction: 1, dispersion: 1 });
  }
  return state;
}

describe('which windows a sentence quotes', () => {
  test('are not the latest while there is nothing to say', () => {
    expect(latestDominates(initialEvidence())).toBe(false);
    expect(latestDominates(after(50, 100))).toBe(false);
  });

  test('are all of them when the fault was there from the beginning', () => {
    expect(latestDominates(after(3, 300))).toBe(false);
  });

  test('are the latest when a fault came after many healthy windows', () => {
    expect(latestDominates(after(2, 300, after(300, 90)))).toBe(true);
  });
});
