import { expect, test } from 'vitest';
import { sigmoid } from '../../../src/demo/matrix.ts';

test('log odds of 0 are one half, and their sign mirrors the share', () => {
  expect(sigmoid(0)).toBe(0.5);
  expect(sigmoid(2) + sigmoid(-2)).toBeCloseTo(1, 15);
  expect(sigmoid(Math.log(3))).toBeCloseTo(0.75, 15);
});
