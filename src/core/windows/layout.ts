import type { FieldCells, ReferenceProfile } from '../events/profile.ts';
import { EXTRA_CELLS } from '../events/profile.ts';
import { cellNames } from './cell-names.ts';
import { DIFFERENCE_CELL_COUNT, LATENCY_CELL_COUNT, OVERLAP_CELL_COUNT } from './scales.ts';

/** Scale of score sums while no profile is known: 2^20 units per 1. */
export const SCORE_SCALE_BITS = 20;
/** Labels beyond this many are not crossed in an agreement matrix. */
export const AGREEMENT_LABELS_MAX = 24;

/** Single counts of a partial, in the order in which they stand at its start. */
export const SCALAR_COUNTS = [
  'matched',
  'unmatchedCurrent',
  'unmatchedCanary',
  'notAskedCurrent',
  'notAskedCanary',
  'duplicate',
  'conflict',
  'currentPredictions',
  'currentServed',
  'currentErrors',
  'currentScores',
  'canaryPredictions',
  'canaryServed',
  'canaryErrors',
  'canaryScores',
  'compared',
  'flipsUp',
  'flipsDown',
  'bothPositive',
  'bothNegative',
  'errorsBoth',
  'errorsCurrentOnly',
  'errorsCanaryOnly',
  'differences',
  'clamped',
  'dueInShadowCurrent',
  'dueInShadowCanary',
  'firstItemChanged',
] as const;
export type ScalarCount = (typeof SCALAR_COUNTS)[number];

/** Single exact sums of a partial, before the sums by cell. */
export const SCALAR_SUMS = [
  'currentScore',
  'canaryScore',
  'difference',
  'differenceSquare',
  'overlap',
  'rankBiasedOverlap',
] as const;
export type ScalarSum = (typeof SCALAR_SUMS)[number];

/** Sums of scores cut like differences, and of their squares, by arm. */
export const CUT_SUMS = { current: 0, currentSquare: 1, canary: 2, canarySquare: 3 } as const;
const CUT_SUM_COUNT = Object.keys(CUT_SUMS).length;

/** Where the numbers of one field stand in a partial. Offsets of `-1`: not kept for this field. */
export interface FieldSlots {
  readonly cells: FieldCells;
  readonly cellNames: readonly string[];
  readonly cellCount: number;
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

/**
 * A partial is two flat vectors, counts and exact sums; its layout says what stands where. It
 * follows from the profile alone, so partials of one profile merge by adding them up.
 */
export interface PartialLayout {
  readonly profile: ReferenceProfile | null;
  readonly countLength: number;
  readonly sumLength: number;
  readonly scoreScaleBits: number;
  readonly currentLatency: number;
  readonly canaryLatency: number;
  readonly differenceCells: number;
  readonly overlapCells: number;
  /** Labels crossed in the agreement matrix (plus one row for all others), and where it stands; -1: none. */
  readonly agreement: number;
  readonly agreementSize: number;
  readonly fields: readonly FieldSlots[];
  /**
   * Where the cut sums stand, see {@link CUT_SUMS}: at the very end, so that what stands before them is read as
   * it was without them.
   */
  readonly cutSums: number;
}

const SCALAR_COUNT_OFFSET = new Map(SCALAR_COUNTS.map((name, i) => [name, i] as const));
const SCALAR_SUM_OFFSET = new Map(SCALAR_SUMS.map((name, i) => [name, i] as const));

/** Position of a single count. @example countOffset('matched') // 0 */
export function countOffset(name: ScalarCount): number {
  return SCALAR_COUNT_OFFSET.get(name) ?? 0;
}

/** Position of a single sum. @example sumOffset('difference') // 2 */
export function sumOffset(name: ScalarSum): number {
  return SCALAR_SUM_OFFSET.get(name) ?? 0;
}

/** Cells of a field with its three extra ones. @example ownCellCount of nine edges is 10, so 13 here */
export function cellCountOf(cells: FieldCells): number {
  const own = 'edges' in cells ? cells.edges.length + 1 : cells.categories.length + 1;
  return own + EXTRA_CELLS.length;
}

/** A counter that hands out consecutive ranges. */
function allocator(first: number): { take: (n: number) => number; end: () => number } {
  let next = first;
  return {
    take: (n) => {
      const at = next;
      next += n;
      return at;
    },
    end: () => next,
  };
}

function fieldSlots(
  cells: FieldCells,
  takeCounts: (n: number) => number,
  takeSums: (n: number) => number,
): FieldSlots {
  const cellCount = cellCountOf(cells);
  const role = cells.field.role;
  const isInput = role === 'feature' || role === 'context';
  const isNumber = cells.field.kind === 'number';
  return {
    cells,
    cellNames: cellNames(cells),
    cellCount,
    current: takeCounts(cellCount),
    canary: takeCounts(cellCount),
    skewCompared: isInput ? takeCounts(1) : -1,
    skewDiffering: isInput ? takeCounts(1) : -1,
    skewCanaryNull: isInput ? takeCounts(1) : -1,
    skewCurrentNull: isInput ? takeCounts(1) : -1,
    skewCanaryHigher: isInput && isNumber ? takeCounts(1) : -1,
    skewSum: isInput && isNumber ? takeSums(1) : -1,
    skewSizeSum: isInput && isNumber ? takeSums(1) : -1,
    pairs: isInput ? takeCounts(cellCount) : -1,
    flipsUp: isInput ? takeCounts(cellCount) : -1,
    flipsDown: isInput ? takeCounts(cellCount) : -1,
    differenceSum: isInput ? takeSums(cellCount) : -1,
    differenceSquareSum: isInput ? takeSums(cellCount) : -1,
  };
}

/**
 * The layout of partials that are counted in the cells of `profile`; null while it is learned:
 * then there are no fields.
 *
 * @example layoutOf(null).fields.length // 0
 */
export function layoutOf(profile: ReferenceProfile | null): PartialLayout {
  const counts = allocator(SCALAR_COUNTS.length);
  const sums = allocator(SCALAR_SUMS.length);
  const label = profile?.fields.find((f) => f.field.name === 'label');
  const labelCount = label !== undefined && 'categories' in label ? label.categories.length : 0;
  const agreementSize = labelCount > 0 && labelCount <= AGREEMENT_LABELS_MAX ? labelCount + 1 : 0;
  const score = profile?.fields.find((f) => f.field.name === 'score');
  const currentLatency = counts.take(LATENCY_CELL_COUNT);
  const canaryLatency = counts.take(LATENCY_CELL_COUNT);
  const differenceCells = counts.take(DIFFERENCE_CELL_COUNT);
  const overlapCells = counts.take(OVERLAP_CELL_COUNT);
  const agreement = agreementSize > 0 ? counts.take(agreementSize * agreementSize) : -1;
  const fields = (profile?.fields ?? []).map((cells) => fieldSlots(cells, counts.take, sums.take));
  const cutSums = sums.take(CUT_SUM_COUNT);
  return {
    profile,
    countLength: counts.end(),
    sumLength: sums.end(),
    scoreScaleBits:
      score !== undefined && 'scaleBits' in score ? score.scaleBits : SCORE_SCALE_BITS,
    currentLatency,
    canaryLatency,
    differenceCells,
    overlapCells,
    agreement,
    agreementSize,
    fields,
    cutSums,
  };
}
