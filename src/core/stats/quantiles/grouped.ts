import { assert } from '../../foundation/assert.ts';
import { totalOf } from '../divergence/shares.ts';
import { type Inconclusive, inconclusive } from '../inconclusive.ts';

/** Rounding of probability times count must not move a quantile that falls on a whole rank. */
const RANK_SLACK = 1e-9;

/**
 * Index of the cell that holds a quantile: the first whose cumulative count reaches the share
 * `probability` in [0, 1] of all (numpy's `inverted_cdf`, an actual observation). Cells are in the
 * order of their values. Inconclusive when the histogram is empty.
 *
 * @example quantileCell([5, 90, 5], 0.95) // 1
 */
export function quantileCell(
  counts: readonly number[],
  probability: number,
): number | Inconclusive {
  assert(probability >= 0 && probability <= 1, 'a quantile is asked for a share in [0, 1]');
  const total = totalOf(counts);
  if (total === 0) return inconclusive('empty');
  const rank = Math.max(1, Math.ceil(probability * total - RANK_SLACK));
  let below = 0;
  let last = 0;
  for (const [cell, count] of counts.entries()) {
    below += count;
    if (below >= rank) return cell;
    if (count > 0) last = cell;
  }
  // Weighted counts need not be whole: then the highest rank lies beyond all of them.
  return last;
}

/**
 * Quantile of grouped data: linear inside its cell, as if a cell's values were spread evenly.
 * `edges` are the inner edges (one fewer than cells); the two outer cells are open, and answer with
 * their one edge. Inconclusive when the histogram is empty or has one cell only.
 *
 * @example groupedQuantile({ edges: [0, 10, 20], counts: [0, 50, 50, 0] }, 0.25) // 5
 */
export function groupedQuantile(
  histogram: GroupedCounts,
  probability: number,
): number | Inconclusive {
  const { edges, counts } = histogram;
  assert(edges.length === counts.length - 1, 'there is one edge between two cells');
  if (edges.length === 0) return inconclusive('one_cell');
  const cell = quantileCell(counts, probability);
  if (typeof cell !== 'number') return cell;
  // The outer cells have one edge only: lower and upper are the same there.
  const lower = edges[Math.max(0, cell - 1)] ?? 0;
  const upper = edges[Math.min(edges.length - 1, cell)] ?? lower;
  const below = totalOf(counts.slice(0, cell));
  // Counts of this cell that lie below the quantile, as if spread evenly over its width.
  const inside = probability * totalOf(counts) - below;
  const fraction = Math.min(1, Math.max(0, inside / (counts[cell] ?? 1)));
  return lower + fraction * (upper - lower);
}

/** A histogram with its inner edges; cells are closed on the left. */
export interface GroupedCounts {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}
