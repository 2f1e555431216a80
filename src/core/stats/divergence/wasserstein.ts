import { assert } from '../../foundation/assert.ts';
import { type Inconclusive, inconclusive } from '../inconclusive.ts';
import { type ArmCells, totalOf } from './shares.ts';

/**
 * Wasserstein-1 (earth mover's) distance on histograms, in the unit of the values, >= 0: how far the
 * mass of one side must travel, on average, to become the other. All mass of a cell sits at its
 * position; `positions` ascend. It is the area between the two distribution functions.
 * Unlike PSI and KL it knows that a neighbouring cell is near and a distant one far. No smoothing.
 * Inconclusive when one side is empty.
 *
 * @example wasserstein1([0, 1, 2, 3], { current: [1, 0, 0, 0], canary: [0, 0, 1, 0] }) // 2
 */
export function wasserstein1(
  positions: readonly number[],
  counts: ArmCells,
): number | Inconclusive {
  const { current, canary } = counts;
  assert(
    positions.length === current.length && current.length === canary.length,
    'each cell has a position and a count in both arms',
  );
  const currentTotal = totalOf(current);
  const canaryTotal = totalOf(canary);
  if (currentTotal === 0 || canaryTotal === 0) return inconclusive('empty');
  // Exact running counts of what lies below the present position.
  let below = 0;
  let canaryBelow = 0;
  let area = 0;
  for (const [cell, position] of positions.entries()) {
    const width = cell === 0 ? 0 : position - (positions[cell - 1] ?? position);
    // Between two positions both distribution functions are flat: the area is a row of boxes.
    area += width * Math.abs(below / currentTotal - canaryBelow / canaryTotal);
    below += current[cell] ?? 0;
    canaryBelow += canary[cell] ?? 0;
  }
  return area;
}
