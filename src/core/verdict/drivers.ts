import { type Field, shortFieldName } from '../events/field.ts';
import type { Driver } from '../events/verdict.ts';
import { correlationRatio } from '../stats/correlation-ratio.ts';
import { disagreementInformation } from '../stats/mutual-information.ts';
import { chiSquareUpperQuantile } from '../stats/special/chi-square.ts';
import type { FieldNumbers, WindowSummary } from '../windows/summary.ts';

/** Pairs by the cell of one feature or context field, summed over the windows of a stage. */
export interface DriverCells {
  readonly field: Field;
  readonly cells: readonly string[];
  readonly pairs: readonly number[];
  readonly flipsUp: readonly number[];
  readonly flipsDown: readonly number[];
  readonly differenceSums: readonly number[];
  readonly differenceSquareSums: readonly number[];
}

/** What the drivers of a stage are ranked by. */
export interface DriverSums {
  /** Cells of different profiles never merge: a new profile starts the sums anew. */
  readonly profileHash: string | null;
  readonly stageFromMs: number | null;
  /** Pairs in which a disagreement could be told: 0 where the models decide nothing. */
  readonly compared: number;
  /** Pairs with two scores. */
  readonly scored: number;
  readonly fields: readonly DriverCells[];
}

const DRIVER_COUNT_MAX = 5;
const NULL_TAIL = 0.01;
/** A cell smaller than this says nothing about its own rate. */
const CELL_PAIRS_MIN = 20;

/** Sums of no window. */
export function noDriverSums(): DriverSums {
  return { profileHash: null, stageFromMs: null, compared: 0, scored: 0, fields: [] };
}

/**
 * Adds one window to the sums of its stage; another stage or another profile starts them anew.
 *
 * @example addDrivers(noDriverSums(), summary, 0).compared // pairs compared in this window
 */
export function addDrivers(
  sums: DriverSums,
  summary: WindowSummary,
  stageFromMs: number,
): DriverSums {
  const same = sums.stageFromMs === stageFromMs && sums.profileHash === summary.profileHash;
  const before = same ? sums : noDriverSums();
  const earlier = new Map(before.fields.map((cells) => [cells.field.name, cells]));
  return {
    profileHash: summary.profileHash,
    stageFromMs,
    compared: before.compared + summary.paired.compared,
    scored: before.scored + summary.paired.differenceCount,
    fields: summary.fields.flatMap((numbers) => {
      const cells = cellsOf(numbers);
      return cells === null ? [] : [addCells(earlier.get(cells.field.name), cells)];
    }),
  };
}

/**
 * The features and context fields in whose cells the models disagree unevenly: at most five, by
 * bias-corrected mutual information with the disagreement, or by eta squared of the score
 * difference where there is no decision; only those beyond the 99 % point of their null. Each
 * with its worst cell. Empty without pairs, or when nothing stands out.
 * Source: Miller-Madow correction; the null of G and of N eta squared is chi-square(cells - 1).
 *
 * @example rankDrivers(noDriverSums()) // []
 */
export function rankDrivers(sums: DriverSums): readonly Driver[] {
  const ranked = sums.fields.flatMap((cells) => {
    const driver = sums.compared > 0 ? byDecision(cells, sums) : byScore(cells, sums);
    return driver === null ? [] : [driver];
  });
  return ranked.toSorted((a, b) => b.strength - a.strength).slice(0, DRIVER_COUNT_MAX);
}

function cellsOf(numbers: FieldNumbers): DriverCells | null {
  const { drivers, field, cells } = numbers;
  return drivers === null ? null : { field, cells, ...drivers };
}

function addCells(earlier: DriverCells | undefined, added: DriverCells): DriverCells {
  if (earlier === undefined) return added;
  return {
    field: added.field,
    cells: added.cells,
    pairs: plus(earlier.pairs, added.pairs),
    flipsUp: plus(earlier.flipsUp, added.flipsUp),
    flipsDown: plus(earlier.flipsDown, added.flipsDown),
    differenceSums: plus(earlier.differenceSums, added.differenceSums),
    differenceSquareSums: plus(earlier.differenceSquareSums, added.differenceSquareSums),
  };
}

function plus(a: readonly number[], b: readonly number[]): readonly number[] {
  return b.map((value, i) => value + (a[i] ?? 0));
}

function byDecision(cells: DriverCells, sums: DriverSums): Driver | null {
  const disagree = cells.flipsUp.map((up, i) => up + (cells.flipsDown[i] ?? 0));
  const agree = cells.pairs.map((pairs, i) => Math.max(0, pairs - (disagree[i] ?? 0)));
  const told = disagreementInformation({ disagree, agree });
  if (told.state !== 'measured' || told.cellCount < 2) return null;
  if (told.g <= chiSquareUpperQuantile(NULL_TAIL, told.cellCount - 1)) return null;
  const worst = worstCell(cells, told.lifts);
  if (worst === null) return null;
  const pairs = cells.pairs[worst] ?? 0;
  return {
    field: shortFieldName(cells.field),
    strength: told.mutualInformationCorrected,
    measure: 'mutual_information',
    shareExplained: told.shareExplained,
    cell: cells.cells[worst] ?? '',
    cellPairCount: pairs,
    cellDisagreementRate: (disagree[worst] ?? 0) / pairs,
    lift: told.lifts[worst] ?? 1,
    direction: sums.scored === 0 ? null : (cells.differenceSums[worst] ?? 0) / pairs,
  };
}

function byScore(cells: DriverCells, sums: DriverSums): Driver | null {
  if (sums.scored === 0) return null;
  const told = correlationRatio({
    counts: cells.pairs,
    sums: cells.differenceSums,
    squareSums: cells.differenceSquareSums,
  });
  if (told.state !== 'measured') return null;
  const total = cells.pairs.reduce((all, pairs) => all + pairs, 0);
  const cellCount = cells.pairs.filter((pairs) => pairs > 0).length;
  if (total * told.etaSquared <= chiSquareUpperQuantile(NULL_TAIL, cellCount - 1)) return null;
  const sizes = cells.pairs.map((pairs, i) => Math.abs(cells.differenceSums[i] ?? 0) / pairs);
  const mean = Math.abs(cells.differenceSums.reduce((all, n) => all + n, 0)) / total;
  const worst = worstCell(cells, sizes);
  if (worst === null) return null;
  const pairs = cells.pairs[worst] ?? 0;
  return {
    field: shortFieldName(cells.field),
    strength: told.etaSquaredCorrected,
    measure: 'eta_squared',
    shareExplained: told.etaSquaredCorrected,
    cell: cells.cells[worst] ?? '',
    cellPairCount: pairs,
    cellDisagreementRate: 0,
    lift: mean > 0 ? (sizes[worst] ?? 0) / mean : 1,
    direction: (cells.differenceSums[worst] ?? 0) / pairs,
  };
}

/** The cell with the highest value among those large enough to speak of. */
function worstCell(cells: DriverCells, values: readonly number[]): number | null {
  let worst: number | null = null;
  for (const [cell, value] of values.entries()) {
    if ((cells.pairs[cell] ?? 0) < CELL_PAIRS_MIN) continue;
    if (worst === null || value > (values[worst] ?? 0)) worst = cell;
  }
  return worst;
}
