import { assert } from '../../foundation/assert.ts';
import type { ArmCells } from '../divergence/shares.ts';
import { totalOf } from '../divergence/shares.ts';
import { type Inconclusive, inconclusive } from '../inconclusive.ts';
import { quantileCell } from './grouped.ts';

/** What lies above the pooled quantile of one window. */
export interface Exceedance {
  readonly state: 'measured';
  /** The cell that holds the pooled quantile; what counts lies in higher cells. */
  readonly cell: number;
  readonly currentAbove: number;
  readonly canaryAbove: number;
  readonly currentTotal: number;
  readonly canaryTotal: number;
}

/**
 * Counts of both arms above the pooled quantile of the same window, for the latency check: feed
 * `canaryAbove` of `currentAbove + canaryAbove` to the tilt with the canary's share of the window.
 * The threshold is a symmetric function of the pooled values, so if the arms are alike the labels
 * above it are exchangeable whatever the load does: a sequential version of Mood's median test at
 * that quantile. Histograms over the same cells, `probability` in (0, 1), such as 0.95.
 * Inconclusive when both arms are empty.
 *
 * @example
 * exceedance({ current: [90, 5, 0], canary: [5, 0, 5] }, 0.9)
 * // cell 0, currentAbove 5, canaryAbove 5
 */
export function exceedance(counts: ArmCells, probability: number): Exceedance | Inconclusive {
  const { current, canary } = counts;
  assert(current.length === canary.length, 'both arms have the same cells');
  const pooled = current.map((count, cell) => count + (canary[cell] ?? 0));
  const cell = quantileCell(pooled, probability);
  if (typeof cell !== 'number') return inconclusive('empty');
  return {
    state: 'measured',
    cell,
    currentAbove: totalOf(current.slice(cell + 1)),
    canaryAbove: totalOf(canary.slice(cell + 1)),
    currentTotal: totalOf(current),
    canaryTotal: totalOf(canary),
  };
}
