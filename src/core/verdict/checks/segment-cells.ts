import type { FieldNumbers } from '../../windows/summary.ts';
import {
  addRates,
  type ManyRates,
  type ManyRatesRule,
  noRates,
  type Rate,
  type WorstRate,
  worstRates,
} from './many-rates.ts';

/**
 * All cells of all fields in both directions as one test. Its rates stand by field, direction, cell:
 * pairs that flip in this direction among the pairs of the cell.
 */
export interface SegmentCells {
  readonly fields: readonly SegmentField[];
  readonly rates: ManyRates;
}

interface SegmentField {
  readonly name: string;
  readonly cellCount: number;
}

/** One cell in one direction, as the test sees it. */
export interface SegmentCell {
  readonly field: string;
  readonly cell: number;
  readonly direction: 'up' | 'down';
  /** Flips among pairs. */
  readonly rate: WorstRate;
}

const DIRECTIONS = ['up', 'down'] as const;

/**
 * The cells of a profile before its first window: every number 0, E = 1. Only fields whose pairs
 * are counted by cell take part.
 *
 * @example noSegments([]).fields.length // 0
 */
export function noSegments(numbers: readonly FieldNumbers[]): SegmentCells {
  const fields = fieldsOf(numbers);
  const cellCount = fields.reduce((sum, field) => sum + field.cellCount, 0);
  return { fields, rates: noRates(cellCount * DIRECTIONS.length) };
}

/** Whether these fields have the cells that the test was laid out for. */
export function sameCells(cells: SegmentCells, numbers: readonly FieldNumbers[]): boolean {
  const fields = fieldsOf(numbers);
  return (
    fields.length === cells.fields.length &&
    fields.every(({ name, cellCount }, i) => {
      const before = cells.fields[i];
      return name === before?.name && cellCount === before.cellCount;
    })
  );
}

/**
 * Folds one window's pairs into the cells that it has.
 *
 * @example addSegments(noSegments(fields), fields, { limit: 0.25, trialCountMin: 200, dispersion: 1 })
 */
export function addSegments(
  cells: SegmentCells,
  numbers: readonly FieldNumbers[],
  rule: ManyRatesRule,
): SegmentCells {
  const window = numbers.flatMap(({ drivers }): readonly Rate[] => {
    if (drivers === null) return [];
    return [drivers.flipsUp, drivers.flipsDown].flatMap((flips) =>
      drivers.pairs.map((pairs, cell) => ({ events: flips[cell] ?? 0, trials: pairs })),
    );
  });
  return { fields: cells.fields, rates: addRates(cells.rates, window, rule) };
}

/**
 * The tested cell with the most wealth, the higher rate where that is equal; null while no cell has
 * so many pairs.
 *
 * @example worstSegment(noSegments([]), 200) // null
 */
export function worstSegment(cells: SegmentCells, pairCountMin: number): SegmentCell | null {
  const [worst] = worstRates(cells.rates, pairCountMin);
  if (worst === undefined) return null;
  let at = worst.at;
  for (const { name, cellCount } of cells.fields) {
    for (const direction of DIRECTIONS) {
      if (at < cellCount) {
        return { field: name, cell: at, direction, rate: worst };
      }
      at -= cellCount;
    }
  }
  return null;
}

function fieldsOf(numbers: readonly FieldNumbers[]): readonly SegmentField[] {
  return numbers.flatMap(({ field, drivers }) =>
    drivers === null ? [] : [{ name: field.name, cellCount: drivers.pairs.length }],
  );
}
