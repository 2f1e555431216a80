import { expect, test } from 'vitest';
import { binEdges, binMatrix } from '../../../src/demo/bins.ts';

function column(values: readonly number[]) {
  return { rowCount: values.length, columnCount: 1, values: Float64Array.from(values) };
}

test('few distinct values get a bin each, however rare', () => {
  const matrix = column([3, 1, 1, 1, 1, 1, 1, 2]);
  const edges = binEdges(matrix, 4);
  expect(edges).toEqual([Float64Array.of(2, 3)]);
  expect([...binMatrix(matrix, edges)]).toEqual([2, 0, 0, 0, 0, 0, 0, 1]);
});

test('many distinct values are cut into bins of equal size, closed on the left', () => {
  const matrix = column(Array.from({ length: 100 }, (_, k) => 99 - k));
  const edges = binEdges(matrix, 4);
  expect(edges).toEqual([Float64Array.of(25, 50, 75)]);
  const bins = binMatrix(matrix, edges);
  for (const bin of [0, 1, 2, 3]) expect(bins.filter((each) => each === bin)).toHaveLength(25);
  expect(bins[99 - 25]).toBe(1);
});

test('quantiles that coincide are one edge', () => {
  const values = Array.from({ length: 100 }, (_, k) => (k < 90 ? 0 : k));
  expect(binEdges(column(values), 8)).toEqual([Float64Array.of(0)]);
});

test('columns are binned apart', () => {
  const matrix = { rowCount: 2, columnCount: 2, values: Float64Array.of(0, 7, 1, 5) };
  const edges = binEdges(matrix, 64);
  expect(edges).toEqual([Float64Array.of(1), Float64Array.of(7)]);
  expect([...binMatrix(matrix, edges)]).toEqual([0, 1, 1, 0]);
});
