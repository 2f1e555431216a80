/** Values of outcomes in one cell, for the requests of one window, by the arm that was served. Whole numbers. */
export interface ValueCell {
  readonly cell: number;
  currentCount: number;
  canaryCount: number;
  /** Sums in units of {@link valueUnit}: any order gives the same sum. */
  currentUnits: number;
  canaryUnits: number;
}

/** Cells begin at 2^-20; two in each power of two, with edges that are exact in binary. */
const EXPONENT_MIN = -20;
const EXPONENT_END = 40;
/** The first cell is [0, 2^-20). */
export const VALUE_CELL_COUNT = 1 + 2 * (EXPONENT_END - EXPONENT_MIN);
/** A larger value counts as this. */
const VALUE_MAX = 2 ** EXPONENT_END;
const UNIT_BITS = 20;

/** Lower edge of a cell; that of the cell after the last is 2^40. @example valueEdge(42) // 1.5 */
export function valueEdge(cell: number): number {
  if (cell === 0) return 0;
  return 2 ** exponentOf(cell) * (1 + ((cell - 1) % 2) / 2);
}

/** The unit of a cell's sums: 2^-20 of its power of two. @example valueUnit(41) // 2 ** -20 */
export function valueUnit(cell: number): number {
  return 2 ** (exponentOf(cell) - UNIT_BITS);
}

function exponentOf(cell: number): number {
  return EXPONENT_MIN + Math.floor(Math.max(0, cell - 1) / 2);
}

/** The cell of a value above zero. @example valueCell(3) // 44 */
export function valueCell(value: number): number {
  const cut = Math.min(value, VALUE_MAX);
  let low = 0;
  let high = VALUE_CELL_COUNT - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (valueEdge(middle) <= cut) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Adds one value above zero to the cells of its request window; what is not above zero adds nothing. */
export function addValue(cells: ValueCell[], arm: 'current' | 'canary', value: number): void {
  if (!(value > 0)) return;
  const cell = valueCell(value);
  const units = Math.floor(Math.min(value, VALUE_MAX) / valueUnit(cell) + 0.5);
  addCell(cells, {
    cell,
    currentCount: arm === 'current' ? 1 : 0,
    canaryCount: arm === 'canary' ? 1 : 0,
    currentUnits: arm === 'current' ? units : 0,
    canaryUnits: arm === 'canary' ? units : 0,
  });
}

function addCell(into: ValueCell[], from: ValueCell): void {
  const found = into.find(({ cell }) => cell === from.cell);
  if (found === undefined) {
    into.push({ ...from });
    return;
  }
  found.currentCount += from.currentCount;
  found.canaryCount += from.canaryCount;
  found.currentUnits += from.currentUnits;
  found.canaryUnits += from.canaryUnits;
}

/**
 * Cells of several partitions added up, in the order of their values: the same in any order.
 *
 * @example mergeValueCells([[], []]) // []
 */
export function mergeValueCells(lists: readonly (readonly ValueCell[])[]): readonly ValueCell[] {
  const merged: ValueCell[] = [];
  for (const cells of lists) for (const cell of cells) addCell(merged, cell);
  return merged.sort((left, right) => left.cell - right.cell);
}
