import { groupedQuantile } from '../../core/stats/quantiles/grouped.ts';
import { DIFFERENCE_EDGES, LATENCY_GROWTH, latencyEdgeMs } from '../../core/windows/scales.ts';
import type { ArmNumbers, RankingNumbers } from '../../core/windows/summary.ts';
import { exactJson } from '../../pipeline/exact-json.ts';
import type { StoredWindow } from '../../pipeline/ports.ts';

/** A typed column of `stored_windows`. Rates are not here: the view `windows` computes them. */
export interface WindowColumn {
  readonly name: string;
  readonly type: 'number' | 'text';
  readonly of: (window: StoredWindow) => number | string | null;
}

/**
 * Middle of the latency cell that holds the q-quantile: right within 1 %. Null without latencies.
 *
 * @example latencyQuantileMs([0, 4], 0.5) // 0.0101, the middle of [0.01, 0.0102)
 */
export function latencyQuantileMs(cells: readonly number[], q: number): number | null {
  const total = cells.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (const [cell, count] of cells.entries()) {
    seen += count;
    if (seen >= rank)
      return cell === 0 ? latencyEdgeMs(1) : latencyEdgeMs(cell) * Math.sqrt(LATENCY_GROWTH);
  }
  return null;
}

/** A quantile of (canary score - current score), linear inside its cell; null without pairs of scores. */
function differenceQuantile(counts: readonly number[], probability: number): number | null {
  const quantile = groupedQuantile({ edges: DIFFERENCE_EDGES, counts }, probability);
  return typeof quantile === 'number' ? quantile : null;
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function armColumns(arm: 'current' | 'canary'): WindowColumn[] {
  const column = (name: string, of: (numbers: ArmNumbers) => number | null): WindowColumn => ({
    name: `${arm}_${name}`,
    type: 'number',
    of: (window) => of(window.summary.arms[arm]),
  });
  return [
    column('predictions', (a) => a.predictions),
    column('served', (a) => a.served),
    column('errors', (a) => a.errors),
    column('score_count', (a) => a.scoreCount),
    column('score_sum', (a) => a.scoreSum),
    column('sampling_fraction_min', (a) => finiteOrNull(a.samplingFractionMin)),
    column('sampling_fraction_max', (a) => finiteOrNull(a.samplingFractionMax)),
    column('latency_count', (a) => a.latencyCells.reduce((sum, count) => sum + count, 0)),
    column('latency_p50_ms', (a) => latencyQuantileMs(a.latencyCells, 0.5)),
    column('latency_p95_ms', (a) => latencyQuantileMs(a.latencyCells, 0.95)),
    column('latency_p99_ms', (a) => latencyQuantileMs(a.latencyCells, 0.99)),
  ];
}

/** A column that only windows with rankings have a value in. */
function ranking(name: string, of: (numbers: RankingNumbers) => number): WindowColumn {
  return {
    name,
    type: 'number',
    of: ({ summary }) => {
      const { rankings } = summary.paired;
      return rankings === null ? null : of(rankings);
    },
  };
}

/** The columns between `commit_number` and `summary_length`. */
export const WINDOW_COLUMNS: readonly WindowColumn[] = [
  { name: 'rollout_id', type: 'text', of: (w) => w.summary.rolloutId },
  { name: 'window_start_ms', type: 'number', of: (w) => w.summary.windowStartMs },
  { name: 'window_end_ms', type: 'number', of: (w) => w.summary.windowEndMs },
  { name: 'revision', type: 'number', of: (w) => w.summary.revision },
  { name: 'stage_index', type: 'number', of: (w) => w.stageIndex },
  { name: 'profile_hash', type: 'text', of: (w) => w.summary.profileHash },
  {
    name: 'missing_partition_count',
    type: 'number',
    of: (w) => w.summary.missingPartitions.length,
  },
  { name: 'matched', type: 'number', of: (w) => w.summary.counts.matched },
  { name: 'unmatched_current', type: 'number', of: (w) => w.summary.counts.unmatchedCurrent },
  { name: 'unmatched_canary', type: 'number', of: (w) => w.summary.counts.unmatchedCanary },
  { name: 'not_asked_current', type: 'number', of: (w) => w.summary.counts.notAskedCurrent },
  { name: 'not_asked_canary', type: 'number', of: (w) => w.summary.counts.notAskedCanary },
  { name: 'duplicate', type: 'number', of: (w) => w.summary.counts.duplicate },
  { name: 'conflict', type: 'number', of: (w) => w.summary.counts.conflict },
  ...armColumns('current'),
  ...armColumns('canary'),
  { name: 'compared', type: 'number', of: (w) => w.summary.paired.compared },
  { name: 'flips_up', type: 'number', of: (w) => w.summary.paired.flipsUp },
  { name: 'flips_down', type: 'number', of: (w) => w.summary.paired.flipsDown },
  { name: 'both_positive', type: 'number', of: (w) => w.summary.paired.bothPositive },
  { name: 'both_negative', type: 'number', of: (w) => w.summary.paired.bothNegative },
  { name: 'errors_both', type: 'number', of: (w) => w.summary.paired.errorsBoth },
  { name: 'errors_current_only', type: 'number', of: (w) => w.summary.paired.errorsCurrentOnly },
  { name: 'errors_canary_only', type: 'number', of: (w) => w.summary.paired.errorsCanaryOnly },
  { name: 'difference_count', type: 'number', of: (w) => w.summary.paired.differenceCount },
  { name: 'difference_sum', type: 'number', of: (w) => w.summary.paired.differenceSum },
  {
    name: 'difference_square_sum',
    type: 'number',
    of: (w) => w.summary.paired.differenceSquareSum,
  },
  ...[5, 50, 95].map(
    (percent): WindowColumn => ({
      name: `difference_p${String(percent).padStart(2, '0')}`,
      type: 'number',
      of: (w) => differenceQuantile(w.summary.paired.differenceCells, percent / 100),
    }),
  ),
  { name: 'positions', type: 'text', of: (w) => exactJson(w.positions) },
  { name: 'effective_from_ms', type: 'number', of: (w) => w.effectiveFromMs },
  ranking('rankings_compared', (r) => r.compared),
  ranking('first_item_changed', (r) => r.firstItemChanged),
  ranking('overlap_sum', (r) => r.overlapSum),
  ranking('rank_biased_overlap_sum', (r) => r.rankBiasedOverlapSum),
];
