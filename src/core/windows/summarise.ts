import { fieldDivergence } from './field-divergence.ts';
import { DIFFERENCE_MAX } from './fold-scalars.ts';
import type { FieldSlots, ScalarCount } from './layout.ts';
import { CUT_SUMS, countOffset, sumOffset } from './layout.ts';
import type { WindowPartial } from './partial.ts';
import { sumValue } from './partial.ts';
import {
  DIFFERENCE_CELL_COUNT,
  LATENCY_CELL_COUNT,
  OVERLAP_CELL_COUNT,
  OVERLAP_SCALE_BITS,
} from './scales.ts';
import type {
  ArmNumbers,
  FieldNumbers,
  PairedNumbers,
  SkewNumbers,
  WindowSummary,
} from './summary.ts';

/** What a summary needs beside the merged partial. */
export interface SummaryHead
  extends Pick<
    WindowSummary,
    | 'rolloutId'
    | 'windowStartMs'
    | 'windowEndMs'
    | 'revision'
    | 'profileHash'
    | 'missingPartitions'
    | 'maturedOutcomes'
    | 'servedOutcomes'
  > {}

function slice(partial: WindowPartial, at: number, length: number): number[] {
  const { counts } = partial;
  const values: number[] = [];
  for (let i = at; i < at + length; i++) values.push(counts[i] ?? 0);
  return values;
}

function count(partial: WindowPartial, name: ScalarCount): number {
  return partial.counts[countOffset(name)] ?? 0;
}

/** An absent arm has no sampling fraction: its predictions are all there are, none. */
function fraction(partial: WindowPartial, at: number): number {
  const value = partial.sampling[at] ?? Number.NaN;
  return Number.isNaN(value) ? 1 : value;
}

function armNumbers(partial: WindowPartial, arm: 'current' | 'canary'): ArmNumbers {
  const isCurrent = arm === 'current';
  const { layout } = partial;
  const scoreSum = sumOffset(isCurrent ? 'currentScore' : 'canaryScore');
  const latencyAt = isCurrent ? layout.currentLatency : layout.canaryLatency;
  return {
    predictions: count(partial, isCurrent ? 'currentPredictions' : 'canaryPredictions'),
    served: count(partial, isCurrent ? 'currentServed' : 'canaryServed'),
    errors: count(partial, isCurrent ? 'currentErrors' : 'canaryErrors'),
    latencyCells: slice(partial, latencyAt, LATENCY_CELL_COUNT),
    scoreCount: count(partial, isCurrent ? 'currentScores' : 'canaryScores'),
    scoreSum: sumValue(partial, scoreSum, layout.scoreScaleBits),
    scoreCutSum: sumValue(
      partial,
      layout.cutSums + (isCurrent ? CUT_SUMS.current : CUT_SUMS.canary),
      layout.scoreScaleBits,
    ),
    scoreCutSquareSum: sumValue(
      partial,
      layout.cutSums + (isCurrent ? CUT_SUMS.currentSquare : CUT_SUMS.canarySquare),
      2 * layout.scoreScaleBits,
    ),
    samplingFractionMin: fraction(partial, isCurrent ? 0 : 2),
    samplingFractionMax: fraction(partial, isCurrent ? 1 : 3),
  };
}

function agreementOf(partial: WindowPartial): PairedNumbers['agreement'] {
  const { layout } = partial;
  const size = layout.agreementSize;
  const label = layout.fields.find((field) => field.cells.field.name === 'label')?.cells;
  if (size === 0 || label === undefined || !('categories' in label)) return null;
  const counts = Array.from({ length: size }, (_, row) =>
    slice(partial, layout.agreement + row * size, size),
  );
  return { labels: [...label.categories, 'other'], counts };
}

function pairedNumbers(partial: WindowPartial): PairedNumbers {
  const { layout } = partial;
  const bits = layout.scoreScaleBits;
  return {
    compared: count(partial, 'compared'),
    flipsUp: count(partial, 'flipsUp'),
    flipsDown: count(partial, 'flipsDown'),
    bothPositive: count(partial, 'bothPositive'),
    bothNegative: count(partial, 'bothNegative'),
    errorsBoth: count(partial, 'errorsBoth'),
    errorsCurrentOnly: count(partial, 'errorsCurrentOnly'),
    errorsCanaryOnly: count(partial, 'errorsCanaryOnly'),
    differenceCount: count(partial, 'differences'),
    differenceSum: sumValue(partial, sumOffset('difference'), bits),
    differenceSquareSum: sumValue(partial, sumOffset('differenceSquare'), 2 * bits),
    differenceMax: DIFFERENCE_MAX / 2 ** bits,
    differenceCells: slice(partial, layout.differenceCells, DIFFERENCE_CELL_COUNT),
    agreement: agreementOf(partial),
    rankings: rankingsOf(partial),
  };
}

/** Every pair that was compared by its rankings is in one cell of the overlap. */
function rankingsOf(partial: WindowPartial): PairedNumbers['rankings'] {
  const overlapCells = slice(partial, partial.layout.overlapCells, OVERLAP_CELL_COUNT);
  const compared = overlapCells.reduce((sum, n) => sum + n, 0);
  if (compared === 0) return null;
  return {
    compared,
    firstItemChanged: count(partial, 'firstItemChanged'),
    overlapSum: sumValue(partial, sumOffset('overlap'), OVERLAP_SCALE_BITS),
    rankBiasedOverlapSum: sumValue(partial, sumOffset('rankBiasedOverlap'), OVERLAP_SCALE_BITS),
    overlapCells,
  };
}

function skewNumbers(partial: WindowPartial, slots: FieldSlots): SkewNumbers {
  const at = (offset: number): number => (offset < 0 ? 0 : (partial.counts[offset] ?? 0));
  const scaleBits = 'scaleBits' in slots.cells ? slots.cells.scaleBits : 0;
  const sum = (offset: number): number => (offset < 0 ? 0 : sumValue(partial, offset, scaleBits));
  return {
    compared: at(slots.skewCompared),
    differing: at(slots.skewDiffering),
    canaryNull: at(slots.skewCanaryNull),
    currentNull: at(slots.skewCurrentNull),
    canaryHigher: at(slots.skewCanaryHigher),
    differenceSum: sum(slots.skewSum),
    differenceSizeSum: sum(slots.skewSizeSum),
  };
}

function fieldNumbers(partial: WindowPartial, slots: FieldSlots): FieldNumbers {
  const { layout } = partial;
  const { cells, cellCount } = slots;
  const sums = (at: number, bits: number): number[] =>
    Array.from({ length: cellCount }, (_, i) => sumValue(partial, at + i, bits));
  const current = slice(partial, slots.current, cellCount);
  const canary = slice(partial, slots.canary, cellCount);
  return {
    field: cells.field,
    cells: slots.cellNames,
    current,
    canary,
    divergence: fieldDivergence(cells, { current, canary }),
    skew: slots.skewCompared < 0 ? null : skewNumbers(partial, slots),
    drivers:
      slots.pairs < 0
        ? null
        : {
            pairs: slice(partial, slots.pairs, cellCount),
            flipsUp: slice(partial, slots.flipsUp, cellCount),
            flipsDown: slice(partial, slots.flipsDown, cellCount),
            differenceSums: sums(slots.differenceSum, layout.scoreScaleBits),
            differenceSquareSums: sums(slots.differenceSquareSum, 2 * layout.scoreScaleBits),
          },
  };
}

/**
 * The numbers of one merged window: floating point begins here, once. Pure: the same partial gives
 * the same summary, bit for bit, which is how a stored verdict is derived again.
 *
 * @example an empty partial gives a summary of zeros, with no fields while there is no profile
 */
export function summarise(partial: WindowPartial, head: SummaryHead): WindowSummary {
  return {
    rolloutId: head.rolloutId,
    windowStartMs: head.windowStartMs,
    windowEndMs: head.windowEndMs,
    revision: head.revision,
    profileHash: head.profileHash,
    missingPartitions: head.missingPartitions,
    counts: {
      matched: count(partial, 'matched'),
      unmatchedCurrent: count(partial, 'unmatchedCurrent'),
      unmatchedCanary: count(partial, 'unmatchedCanary'),
      notAskedCurrent: count(partial, 'notAskedCurrent'),
      notAskedCanary: count(partial, 'notAskedCanary'),
      duplicate: count(partial, 'duplicate'),
      conflict: count(partial, 'conflict'),
    },
    arms: { current: armNumbers(partial, 'current'), canary: armNumbers(partial, 'canary') },
    paired: pairedNumbers(partial),
    fields: partial.layout.fields.map((slots) => fieldNumbers(partial, slots)),
    maturedOutcomes: head.maturedOutcomes,
    servedOutcomes: head.servedOutcomes,
  };
}

/** Whether a partial holds no record at all: such windows are neither stored nor judged. */
export function isEmptyPartial(partial: WindowPartial): boolean {
  return partial.counts.subarray(0, partial.layout.currentLatency).every((value) => value === 0);
}
