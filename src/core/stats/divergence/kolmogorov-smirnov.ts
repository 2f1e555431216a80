import { assert } from '../../foundation/assert.ts';
import { type Inconclusive, inconclusive } from '../inconclusive.ts';
import { type ArmCells, totalOf } from './shares.ts';

/**
 * Kolmogorov-Smirnov statistic on histograms: the largest difference of the two distribution
 * functions at the cell edges, in [0, 1]. Cells are in the order of their values. On raw samples (one
 * cell per distinct value) it is the exact statistic; on coarse cells a lower bound of it.
 * Inconclusive when one side is empty.
 *
 * @example kolmogorovSmirnov({ current: [10, 20, 30, 40], canary: [40, 30, 20, 10] }) // 0.4
 */
export function kolmogorovSmirnov(counts: ArmCells): number | Inconclusive {
  const { current, canary } = counts;
  assert(current.length === canary.length, 'both arms have the same cells');
  const currentTotal = totalOf(current);
  const canaryTotal = totalOf(canary);
  if (currentTotal === 0 || canaryTotal === 0) return inconclusive('empty');
  // Running counts are exact integers; only their quotient is rounded.
  let below = 0;
  let canaryBelow = 0;
  let largest = 0;
  for (const [cell, count] of current.entries()) {
    below += count;
    canaryBelow += canary[cell] ?? 0;
    largest = Math.max(largest, Math.abs(below / currentTotal - canaryBelow / canaryTotal));
  }
  return largest;
}
