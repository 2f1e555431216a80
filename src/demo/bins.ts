import type { FeatureMatrix } from './matrix.ts';
import { columnOf } from './matrix.ts';

/** The edges between each column's bins, closed on the left; at most `binCount` - 1 of them. */
export function binEdges(matrix: FeatureMatrix, binCount: number): readonly Float64Array[] {
  return Array.from({ length: matrix.columnCount }, (_, column) =>
    columnEdges(columnOf(matrix, column).sort(), binCount),
  );
}

/** Few distinct values get a bin each, however rare: an hour of the night is not a quantile. */
function columnEdges(sorted: Float64Array, binCount: number): Float64Array<ArrayBuffer> {
  const distinct = Float64Array.from(new Set(sorted));
  if (distinct.length <= binCount) return distinct.slice(1);
  const quantiles = Array.from({ length: binCount - 1 }, (_, k) =>
    Number(sorted[Math.floor(((k + 1) * sorted.length) / binCount)]),
  );
  return Float64Array.from(new Set(quantiles));
}

/** The bin of every value, row after row: how many edges of its column are not above it. */
export function binMatrix(
  matrix: FeatureMatrix,
  edges: readonly Float64Array[],
): Uint8Array<ArrayBuffer> {
  const bins = new Uint8Array(matrix.values.length);
  for (const [c, inner] of edges.entries()) {
    for (let at = c; at < bins.length; at += matrix.columnCount) {
      bins[at] = binOf(inner, Number(matrix.values[at]));
    }
  }
  return bins;
}

function binOf(edges: Float64Array, value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (Number(edges[middle]) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
