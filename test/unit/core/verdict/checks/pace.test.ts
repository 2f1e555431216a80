import { expect, test } from 'vitest';
import {
  foldIncrements,
  initialEvidence,
} from '../../../../../src/core/stats/sequential/evidence.ts';
import { windowsAtPace } from '../../../../../src/core/verdict/checks/pace.ts';

test('the pace is that of the alternative that grew most, in all windows', () => {
  const once = foldIncrements(initialEvidence(2), [-1, 2]);
  const twice = foldIncrements(once, [-1, 0]);
  expect(windowsAtPace(twice, 4.5)).toBe(5);
});

test('nothing that shrinks ever gets there', () => {
  expect(windowsAtPace(foldIncrements(initialEvidence(2), [-1, -2]), 4)).toBeNull();
  expect(windowsAtPace(initialEvidence(), 4)).toBeNull();
});
