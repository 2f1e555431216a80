/**
 * The innermost loops: one field at a time over many rows. Kept apart, small and monomorphic,
 * because most of a replay's time is spent here. `plain-fold.ts` says the same in plain words and
 * is their test oracle. (`?? 0` after a typed-array read costs nothing: the compiler drops it.)
 */

/** The pairs of one call: indices into the two arms' columns, and what each pair showed. */
export interface PairRows {
  readonly length: number;
  readonly currentAt: Int32Array;
  readonly canaryAt: Int32Array;
  /** Start of each row's partial in the counts and in the sums; the bin for rows without a profile. */
  readonly countBase: Int32Array;
  readonly sumBase: Int32Array;
  /** 0 agree, 1 up, 2 down, 3 not comparable. */
  readonly flip: Uint8Array;
  /** (canary score - current score) in fixed point, 0 where there is none, and its square. */
  readonly difference: Float64Array;
  readonly differenceSquare: Float64Array;
}

/** Where a field's numbers stand, relative to the start of a partial. -1: not kept. */
export interface FieldOffsets {
  readonly current: number;
  readonly canary: number;
  readonly skewCompared: number;
  readonly skewDiffering: number;
  readonly skewCanaryNull: number;
  readonly skewCurrentNull: number;
  readonly skewCanaryHigher: number;
  readonly skewSum: number;
  readonly skewSizeSum: number;
  readonly pairs: number;
  readonly flipsUp: number;
  readonly flipsDown: number;
  readonly differenceSum: number;
  readonly differenceSquareSum: number;
}

/** The flat arrays that are added to. */
export interface PoolArrays {
  readonly counts: Int32Array;
  readonly sumLow: Float64Array;
}

/** The cells of a numeric field, ready for the loops. */
export interface NumberCells {
  readonly edges: readonly number[];
  /** Cells of its own; behind them stand null, not finite, unseen. */
  readonly ownCells: number;
}

/** Rows of one arm: positions in its columns. */
export interface ArmRows {
  readonly at: Int32Array;
  readonly length: number;
}

/** A numeric field, and where the cells of its rows go. */
export interface NumberTarget {
  readonly field: NumberCells;
  readonly cells: Int32Array;
}

/** The cell of every row of a numeric column. NaN is null; infinities are not finite. */
export function numberCells(values: Float64Array, rows: ArmRows, to: NumberTarget): void {
  const { field, cells } = to;
  if (field.edges.length > 9) {
    manyNumberCells(values, rows, to);
    return;
  }
  // Nine comparisons without a branch beat any search; missing edges are never reached.
  const [e0 = Infinity, e1 = Infinity, e2 = Infinity, e3 = Infinity, e4 = Infinity] = field.edges;
  const [, , , , , e5 = Infinity, e6 = Infinity, e7 = Infinity, e8 = Infinity] = field.edges;
  const { ownCells } = field;
  const { at, length } = rows;
  for (let i = 0; i < length; i++) {
    const v = values[at[i] ?? 0] ?? 0;
    if (v - v === 0) {
      cells[i] =
        +(v >= e0) +
        +(v >= e1) +
        +(v >= e2) +
        +(v >= e3) +
        +(v >= e4) +
        +(v >= e5) +
        +(v >= e6) +
        +(v >= e7) +
        +(v >= e8);
    } else {
      cells[i] = v !== v ? ownCells : ownCells + 1;
    }
  }
}

function manyNumberCells(values: Float64Array, rows: ArmRows, to: NumberTarget): void {
  const { cells } = to;
  const { edges, ownCells } = to.field;
  for (let i = 0; i < rows.length; i++) {
    const v = values[rows.at[i] ?? 0] ?? 0;
    if (v - v !== 0) {
      cells[i] = v !== v ? ownCells : ownCells + 1;
      continue;
    }
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((edges[middle] ?? Infinity) <= v) low = middle + 1;
      else high = middle;
    }
    cells[i] = low;
  }
}

/**
 * The cell of every row of a category column, by a table from code to cell. A code beyond the table
 * came up after the table was made, so that no category of the profile has it.
 */
export function categoryCells(
  codes: Int32Array | Uint16Array,
  rows: ArmRows,
  to: {
    readonly cellOfCode: Int32Array;
    readonly unlistedCell: number;
    readonly cells: Int32Array;
  },
): void {
  const { cellOfCode, unlistedCell, cells } = to;
  const { at, length } = rows;
  const known = cellOfCode.length;
  for (let i = 0; i < length; i++) {
    const code = codes[at[i] ?? 0] ?? 0;
    cells[i] = code < known ? (cellOfCode[code] ?? 0) : unlistedCell;
  }
}

/** One arm's histogram. */
export function addCells(
  into: {
    readonly pool: PoolArrays;
    readonly rows: { readonly length: number; readonly countBase: Int32Array };
  },
  offset: number,
  cells: Int32Array,
): void {
  const { rows } = into;
  const { counts } = into.pool;
  const { countBase, length } = rows;
  for (let i = 0; i < length; i++) {
    const at = (countBase[i] ?? 0) + offset + (cells[i] ?? 0);
    counts[at] = (counts[at] ?? 0) + 1;
  }
}

/** The pairs of one call, and what they are added to. */
export interface PairsInto {
  readonly pool: PoolArrays;
  readonly rows: PairRows;
}

/** By the current arm's cell: pairs, flips by direction, sums of the score difference. */
export function addDrivers(into: PairsInto, field: FieldOffsets, cells: Int32Array): void {
  const { rows } = into;
  const { counts, sumLow } = into.pool;
  const { countBase, sumBase, flip, difference, differenceSquare, length } = rows;
  const { pairs, flipsUp, flipsDown, differenceSum, differenceSquareSum } = field;
  for (let i = 0; i < length; i++) {
    const cell = cells[i] ?? 0;
    const base = (countBase[i] ?? 0) + cell;
    const kind = flip[i] ?? 3;
    if (kind !== 3) {
      counts[base + pairs] = (counts[base + pairs] ?? 0) + 1;
      if (kind === 1) counts[base + flipsUp] = (counts[base + flipsUp] ?? 0) + 1;
      else if (kind === 2) counts[base + flipsDown] = (counts[base + flipsDown] ?? 0) + 1;
    }
    const sum = (sumBase[i] ?? 0) + cell;
    sumLow[sum + differenceSum] = (sumLow[sum + differenceSum] ?? 0) + (difference[i] ?? 0);
    sumLow[sum + differenceSquareSum] =
      (sumLow[sum + differenceSquareSum] ?? 0) + (differenceSquare[i] ?? 0);
  }
}

/** Pairs whose two values of an input were compared. */
export function addCompared(into: PairsInto, field: FieldOffsets): void {
  const { rows } = into;
  const { counts } = into.pool;
  for (let i = 0; i < rows.length; i++) {
    const at = (rows.countBase[i] ?? 0) + field.skewCompared;
    counts[at] = (counts[at] ?? 0) + 1;
  }
}

/**
 * Numeric skew: the same request, another value in the other arm. A value against null or against
 * an infinity differs; two nulls agree. Sums of differences and of their sizes saturate at 2^40 units.
 */
export function addNumberSkew(
  into: PairsInto,
  field: FieldOffsets,
  values: {
    readonly current: Float64Array;
    readonly canary: Float64Array;
    readonly tolerance: number;
    readonly scale: number;
  },
): void {
  const { rows } = into;
  const { counts, sumLow } = into.pool;
  const { currentAt, canaryAt, countBase, sumBase, length } = rows;
  const { current, canary, tolerance, scale } = values;
  for (let i = 0; i < length; i++) {
    const base = countBase[i] ?? 0;
    const x = current[currentAt[i] ?? 0] ?? 0;
    const y = canary[canaryAt[i] ?? 0] ?? 0;
    if (x === y || (x !== x && y !== y)) continue;
    const apart = y - x;
    if (apart - apart === 0) {
      if (Math.abs(apart) <= tolerance * Math.max(1, Math.abs(x), Math.abs(y))) continue;
      const rounded = Math.floor(apart * scale + 0.5);
      const units = Math.max(-SATURATION, Math.min(SATURATION, rounded));
      const sum = sumBase[i] ?? 0;
      sumLow[sum + field.skewSum] = (sumLow[sum + field.skewSum] ?? 0) + units;
      sumLow[sum + field.skewSizeSum] = (sumLow[sum + field.skewSizeSum] ?? 0) + Math.abs(units);
      if (apart > 0) bump(counts, base + field.skewCanaryHigher);
    } else if (y !== y) bump(counts, base + field.skewCanaryNull);
    else if (x !== x) bump(counts, base + field.skewCurrentNull);
    bump(counts, base + field.skewDiffering);
  }
}

/** One more. */
export function bump(counts: Int32Array, at: number): void {
  counts[at] = (counts[at] ?? 0) + 1;
}

/** Largest magnitude that one record adds to a sum. */
export const SATURATION = 2 ** 40;

/** The code of a category that is null. */
const NULL_CODE = 0;

/** Skew of a category: another code in the other arm. */
export function addCategorySkew(
  into: PairsInto,
  field: FieldOffsets,
  codes: { readonly current: Int32Array | Uint16Array; readonly canary: Int32Array | Uint16Array },
): void {
  const { rows } = into;
  const { counts } = into.pool;
  const { currentAt, canaryAt, countBase, length } = rows;
  for (let i = 0; i < length; i++) {
    const from = codes.current[currentAt[i] ?? 0];
    const to = codes.canary[canaryAt[i] ?? 0];
    if (from === to) continue;
    const base = countBase[i] ?? 0;
    bump(counts, base + field.skewDiffering);
    if (to === NULL_CODE) bump(counts, base + field.skewCanaryNull);
    else if (from === NULL_CODE) bump(counts, base + field.skewCurrentNull);
  }
}
