/** What a model learns from and answers: one row per request, columns side by side in `values`. */
export interface FeatureMatrix {
  readonly rowCount: number;
  readonly columnCount: number;
  /** Row after row: value (r, c) is at `r * columnCount + c`. */
  readonly values: Float64Array;
}

/** The values of one column, row by row. */
export function columnOf(matrix: FeatureMatrix, column: number): Float64Array<ArrayBuffer> {
  const values = new Float64Array(matrix.rowCount);
  for (let row = 0; row < matrix.rowCount; row++) {
    values[row] = Number(matrix.values[row * matrix.columnCount + column]);
  }
  return values;
}

/** 1 / (1 + e^-x): from log odds to a share in (0, 1). */
export function sigmoid(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}
