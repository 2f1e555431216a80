import type { EvidenceState } from '../../stats/sequential/evidence.ts';
import { foldIncrements, initialEvidence } from '../../stats/sequential/evidence.ts';
import { tiltLogFactor } from '../../stats/sequential/tilt.ts';
import type { FieldNumbers } from '../../windows/summary.ts';

/** Pairs and flips by cell of one field, over all windows of a profile. */
export interface SegmentField {
  readonly name: string;
  readonly pairs: readonly number[];
  readonly up: readonly number[];
  readonly down: readonly number[];
}

/**
 * All cells of all fields in both directions as one test: its grid holds, for each field, cell and
 * direction in turn, the same few alternatives, so every cell has the same part of the weight.
 */
export interface SegmentCells {
  readonly fields: readonly SegmentField[];
  readonly evidence: EvidenceState;
}

/** How pairs of a cell are taken. */
export interface SegmentRule {
  readonly limit: number;
  readonly pairCountMin: number;
  readonly dispersion: number;
}

/** One cell in one direction, as the test sees it. */
export interface SegmentCell {
  readonly field: string;
  readonly cell: number;
  readonly direction: 'up' | 'down';
  readonly pairs: number;
  readonly flips: number;
  /** ln of the largest wealth among its alternatives: ranks cells, decides nothing. */
  readonly strength: number;
}

const DIRECTIONS = ['up', 'down'] as const;
/** There are hundreds of cells: four alternatives each, ratios from 1.2 to 20, are enough to tell. */
const TILTS = [0.2, 0.6, 1.5, 3] as const;

/**
 * The cells of a profile before its first window: every number 0, E = 1. Only fields whose pairs
 * are counted by cell take part.
 *
 * @example noSegments([]).fields.length // 0
 */
export function noSegments(numbers: readonly FieldNumbers[]): SegmentCells {
  const fields = numbers.flatMap(({ field, drivers }) => {
    if (drivers === null) return [];
    const none = drivers.pairs.map(() => 0);
    return [{ name: field.name, pairs: none, up: none, down: none }];
  });
  return { fields, evidence: initialEvidence(Math.max(1, gridSizeOf(fields))) };
}

/** Whether these fields have the cells that the test was laid out for. */
export function sameCells(cells: SegmentCells, numbers: readonly FieldNumbers[]): boolean {
  const fields = noSegments(numbers).fields;
  return (
    fields.length === cells.fields.length &&
    fields.every(
      (field, i) =>
        field.name === cells.fields[i]?.name && field.pairs.length === cells.fields[i].pairs.length,
    )
  );
}

/**
 * Folds one window's pairs. A cell takes part from the window after the one in which it reached its
 * least number of pairs: when that is depends on earlier windows only, so the test stays exact.
 *
 * @example addSegments(noSegments(fields), fields, { limit: 0.25, pairCountMin: 200, dispersion: 1 })
 */
export function addSegments(
  cells: SegmentCells,
  numbers: readonly FieldNumbers[],
  rule: SegmentRule,
): SegmentCells {
  const increments: number[] = [];
  const fields: SegmentField[] = [];
  for (const { drivers } of numbers) {
    const before = cells.fields[fields.length];
    if (drivers === null || before === undefined) continue;
    for (const flips of [drivers.flipsUp, drivers.flipsDown]) {
      for (const [cell, pairs] of drivers.pairs.entries()) {
        const tested = (before.pairs[cell] ?? 0) >= rule.pairCountMin;
        const counts = { events: flips[cell] ?? 0, trials: pairs, share: rule.limit, logMargin: 0 };
        for (const tilt of TILTS) {
          increments.push(tested ? tiltLogFactor(counts, tilt) / rule.dispersion : 0);
        }
      }
    }
    fields.push({
      name: before.name,
      pairs: plus(before.pairs, drivers.pairs),
      up: plus(before.up, drivers.flipsUp),
      down: plus(before.down, drivers.flipsDown),
    });
  }
  return increments.length === 0
    ? cells
    : { fields, evidence: foldIncrements(cells.evidence, increments) };
}

/**
 * The tested cell with the most wealth, the higher rate where that is equal; null while no cell has
 * so many pairs.
 *
 * @example worstSegment(noSegments([]), 200) // null
 */
export function worstSegment(cells: SegmentCells, pairCountMin: number): SegmentCell | null {
  let worst: SegmentCell | null = null;
  let at = 0;
  for (const field of cells.fields) {
    for (const direction of DIRECTIONS) {
      for (const [cell, pairs] of field.pairs.entries()) {
        const strength = strengthAt(cells.evidence, at);
        at += TILTS.length;
        if (pairs < pairCountMin) continue;
        const flips = field[direction][cell] ?? 0;
        const found = { field: field.name, cell, direction, pairs, flips, strength };
        if (worst === null || isWorse(found, worst)) worst = found;
      }
    }
  }
  return worst;
}

function isWorse(a: SegmentCell, b: SegmentCell): boolean {
  if (a.strength !== b.strength) return a.strength > b.strength;
  return a.flips * b.pairs > b.flips * a.pairs;
}

function strengthAt(evidence: EvidenceState, at: number): number {
  let most = -Number.MAX_VALUE;
  for (let point = at; point < at + TILTS.length; point += 1) {
    most = Math.max(most, evidence.plain[point] ?? 0, evidence.restart[point] ?? 0);
  }
  return most;
}

function gridSizeOf(fields: readonly SegmentField[]): number {
  const cellCount = fields.reduce((sum, field) => sum + field.pairs.length, 0);
  return cellCount * DIRECTIONS.length * TILTS.length;
}

function plus(a: readonly number[], b: readonly number[]): readonly number[] {
  return b.map((value, i) => value + (a[i] ?? 0));
}
