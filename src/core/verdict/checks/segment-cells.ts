import type { EvidenceState } from '../../stats/sequential/evidence.ts';
import { foldIncrements, initialEvidence, logEvidence } from '../../stats/sequential/evidence.ts';
import { tiltLogFactor } from '../../stats/sequential/tilt.ts';
import type { FieldNumbers } from '../../windows/summary.ts';

/** One cell of one field in one direction: pairs that flip that way, against the tolerated share. */
export interface SegmentCell {
  readonly pairs: number;
  readonly flips: number;
  /** Null until the cell had as many pairs as the plan asks for: then E = 1. */
  readonly evidence: EvidenceState | null;
}

/** All cells of one field, both directions. */
export interface SegmentField {
  readonly name: string;
  readonly up: readonly SegmentCell[];
  readonly down: readonly SegmentCell[];
}

/** How pairs of a cell are taken. */
export interface SegmentRule {
  readonly limit: number;
  readonly pairCountMin: number;
  readonly dispersion: number;
}

/** There are hundreds of cells: six alternatives each, from 1.1 to 50 times the odds, are enough to tell. */
const TILTS = [0.1, 0.25, 0.6, 1.2, 2.2, 4] as const;

const NOTHING: SegmentCell = { pairs: 0, flips: 0, evidence: null };

/**
 * Adds one window's pairs to the cells of a field. A cell is tested from the window after the one in
 * which it reached its least number of pairs: when that is depends on earlier windows only, so the
 * test stays exact at any size.
 *
 * @example addSegment(undefined, field, rule)?.up.length // cells of the field
 */
export function addSegment(
  before: SegmentField | undefined,
  numbers: FieldNumbers,
  rule: SegmentRule,
): SegmentField | null {
  const { drivers, field } = numbers;
  if (drivers === null) return null;
  const add = (cells: readonly SegmentCell[] | undefined, flips: readonly number[]) =>
    drivers.pairs.map((pairs, i) =>
      addCell(cells?.[i] ?? NOTHING, { pairs, flips: flips[i] ?? 0 }, rule),
    );
  return {
    name: field.name,
    up: add(before?.up, drivers.flipsUp),
    down: add(before?.down, drivers.flipsDown),
  };
}

/** ln E of one cell and direction; 0 while it is not tested. */
export function logCellEvidence(cell: SegmentCell): number {
  return cell.evidence === null ? 0 : logEvidence(cell.evidence);
}

function addCell(
  cell: SegmentCell,
  window: { readonly pairs: number; readonly flips: number },
  rule: SegmentRule,
): SegmentCell {
  const tested = cell.evidence ?? startOf(cell, rule);
  return {
    pairs: cell.pairs + window.pairs,
    flips: cell.flips + window.flips,
    evidence: tested === null ? null : foldIncrements(tested, incrementsOf(window, rule)),
  };
}

function startOf(cell: SegmentCell, rule: SegmentRule): EvidenceState | null {
  return cell.pairs >= rule.pairCountMin ? initialEvidence(TILTS.length) : null;
}

function incrementsOf(
  window: { readonly pairs: number; readonly flips: number },
  rule: SegmentRule,
): readonly number[] {
  const counts = { events: window.flips, trials: window.pairs, share: rule.limit, logMargin: 0 };
  return TILTS.map((tilt) => tiltLogFactor(counts, tilt) / rule.dispersion);
}
