import { sampleQuantiles } from './quantiles/sample.ts';

/**
 * Inner edges of `cellCount` cells with about equal counts, from a reference sample: its quantiles
 * (numpy's default method), equal edges merged, so a sample with many ties has fewer cells. Cells are
 * open at both ends: edges.length + 1 of them. Null and non-finite values are left out; a sample
 * without a finite value gives no edge, one cell.
 *
 * @example quantileEdges([0, 0, 0, 0, 1, 2], 4) // [0, 0.75]
 */
export function quantileEdges(
  values: readonly (number | null)[],
  cellCount: number,
): readonly number[] {
  const probabilities = Array.from({ length: cellCount - 1 }, (_, i) => (i + 1) / cellCount);
  const numbers = values.filter((value) => value !== null);
  const edges = sampleQuantiles(numbers, probabilities);
  if ('state' in edges) return [];
  // Adding 0 makes one zero of two: otherwise the order of -0 and 0 in the sample would show.
  return edges.filter((edge, i) => i === 0 || edge !== edges[i - 1]).map((edge) => edge + 0);
}

/**
 * The cell of a finite value: the number of edges that are not above it. Closed on the left, as
 * numpy's: a value on an edge belongs to the cell that starts there.
 *
 * @example cellOf([10, 20], 10) // 1
 */
export function cellOf(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] ?? Infinity) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Counts of a sample by cell; null and non-finite are kept apart, they are answers too. */
export interface CellCounts {
  readonly cells: readonly number[];
  readonly nullCount: number;
  readonly nonFiniteCount: number;
}

/**
 * Counts a sample into the cells between `edges`.
 *
 * @example cellCounts([10], [5, 10, null, NaN]) // { cells: [1, 1], nullCount: 1, nonFiniteCount: 1 }
 */
export function cellCounts(
  edges: readonly number[],
  values: readonly (number | null)[],
): CellCounts {
  const cells = Array.from({ length: edges.length + 1 }, () => 0);
  let nullCount = 0;
  let nonFiniteCount = 0;
  for (const value of values) {
    if (value === null) nullCount += 1;
    else if (!Number.isFinite(value)) nonFiniteCount += 1;
    else {
      const cell = cellOf(edges, value);
      cells[cell] = (cells[cell] ?? 0) + 1;
    }
  }
  return { cells, nullCount, nonFiniteCount };
}
