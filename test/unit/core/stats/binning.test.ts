import { describe, expect, it } from 'vitest';
import { cellCounts, cellOf, quantileEdges } from '../../../../src/core/stats/binning.ts';

describe('cells from a reference sample', () => {
  it('has one edge fewer than cells, with open ends', () => {
    const edges = quantileEdges([1, 2, 3, 4, 5, 6, 7, 8], 4);
    expect(edges).toEqual([2.75, 4.5, 6.25]);
    expect(cellOf(edges, -1e308)).toBe(0);
    expect(cellOf(edges, 1e308)).toBe(3);
  });

  it('merges equal edges of a sample with many ties', () => {
    expect(quantileEdges([0, 0, 0, 0, 1, 2], 4)).toEqual([0, 0.75]);
    expect(quantileEdges([3, 3, 3], 10)).toEqual([3]);
  });

  it('has one cell when the sample holds no finite value', () => {
    expect(quantileEdges([], 10)).toEqual([]);
    expect(quantileEdges([null, Number.NaN, Infinity], 10)).toEqual([]);
    expect(cellOf([], 5)).toBe(0);
  });

  it('puts a value on an edge into the cell that starts there', () => {
    expect(cellOf([10, 20], 10)).toBe(1);
    expect(cellOf([10, 20], 9.999_999)).toBe(0);
    expect(cellOf([10, 20], 20)).toBe(2);
  });

  it('takes negative zero and zero for the same value', () => {
    expect(cellOf([0], -0)).toBe(cellOf([0], 0));
    expect(quantileEdges([-0, -0], 2)).toEqual([0]);
  });

  it('keeps null and non-finite apart from the cells', () => {
    expect(cellCounts([5], [10, null, Number.NaN, -Infinity, 1])).toEqual({
      cells: [1, 1],
      nullCount: 1,
      nonFiniteCount: 2,
    });
  });
});
