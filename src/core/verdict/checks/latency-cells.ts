import type { Tolerance } from '../../events/plan.ts';
import { exceedance } from '../../stats/quantiles/exceedance.ts';
import { quantileCell } from '../../stats/quantiles/grouped.ts';
import {
  LATENCY_CELL_COUNT,
  LATENCY_GROWTH,
  latencyCell,
  latencyEdgeMs,
} from '../../windows/scales.ts';

const NO_CELLS: readonly number[] = Array.from({ length: LATENCY_CELL_COUNT }, () => 0);

/** Latency cells with nothing in them. */
export function noCells(): readonly number[] {
  return NO_CELLS;
}

/**
 * Adds two rows of the same cells.
 *
 * @example addCells([1, 2], [2, 3]) // [3, 5]
 */
export function addCells(a: readonly number[], b: readonly number[]): readonly number[] {
  return a.map((value, i) => value + (b[i] ?? 0));
}

/**
 * Latency at a quantile: the lower edge of the cell that holds it (cell 0: half of its width).
 * Null without an answer.
 *
 * @example quantileMs([0, 10], 0.95) // 0.01
 */
export function quantileMs(cells: readonly number[], quantile: number): number | null {
  const cell = quantileCell(cells, quantile);
  if (typeof cell !== 'number') return null;
  return cell === 0 ? latencyEdgeMs(1) / 2 : latencyEdgeMs(cell);
}

/**
 * The canary's cells as they would be if every answer were faster by the tolerance: divided by
 * `ratio` and reduced by `difference` ms, whichever is less time (a tolerance is exceeded when both
 * are). Rounded in the canary's favour by at most one cell, so that a canary exactly at its
 * tolerance is never counted as slower.
 *
 * @example shiftCells([0, 0, 0, 5], { ratio: 1.02, difference: 0 })[2] // 5
 */
export function shiftCells(cells: readonly number[], tolerance: Tolerance): readonly number[] {
  const byRatio = Math.ceil(Math.log(tolerance.ratio) / Math.log(LATENCY_GROWTH) - 1e-9);
  const shifted = NO_CELLS.slice();
  for (let cell = 0; cell < cells.length; cell++) {
    const value = cells[cell] ?? 0;
    if (value === 0) continue;
    const less = Math.max(0, latencyEdgeMs(cell) - tolerance.difference);
    const byDifference = tolerance.difference > 0 ? latencyCell(less) : cell;
    const target = Math.max(0, Math.min(cell - byRatio, byDifference));
    shifted[target] = (shifted[target] ?? 0) + value;
  }
  return shifted;
}

/**
 * How many of the slowest answers of both arms are the canary's. The threshold is the upper edge of
 * the cell of the pooled quantile; where that crowded cell leaves less than half of 1 - `quantile`
 * above it, its lower edge. It depends on the pooled answers only, so without harm the canary holds
 * its share of them. Where one arm is empty the share is 0 or 1, which carries no evidence.
 *
 * @example slowest([90, 10], [90, 10], 0.9) // { events: 10, trials: 20, share: 0.5 }
 */
export function slowest(
  current: readonly number[],
  canary: readonly number[],
  quantile: number,
): { events: number; trials: number; share: number } {
  const above = exceedance({ current, canary }, quantile);
  if (above.state === 'inconclusive') return { events: 0, trials: 0, share: 0 };
  const total = above.currentTotal + above.canaryTotal;
  const share = above.canaryTotal / total;
  const trials = above.currentAbove + above.canaryAbove;
  const own = canary[above.cell] ?? 0;
  const withCell = trials + own + (current[above.cell] ?? 0);
  const crowded = trials * 2 < (1 - quantile) * total && withCell < total;
  return crowded
    ? { events: above.canaryAbove + own, trials: withCell, share }
    : { events: above.canaryAbove, trials, share };
}
