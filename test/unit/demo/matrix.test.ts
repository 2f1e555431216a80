import { expect, test } from 'vitest';
import { columnOf, sigmoid } from '../../../src/demo/matrix.ts';

test('log odds of 0 are one half, and their sign mirrors the share', () => {
  expect(sigmoid(0)).toBe(0.5);
  expect(sigmoid(2) + sigmoid(-2)).toBeCloseTo(1, 15);
  expect(sigmoid(Math.log(3))).toBeCloseTo(0.75, 15);
});

test('a column is every row at one place', () => {
  const matrix = { rowCount: 2, columnCount: 3, values: Float64Array.of(1, 2, 3, 4, 5, 6) };
  expect(columnOf(matrix, 1)).toEqual(Float64Array.of(2, 5));
});
