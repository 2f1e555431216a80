import type { Field } from '../events/field.ts';
import type { ValueCell } from '../join/value-cells.ts';

/** Records of one window by what became of them, as known when it closed. `matched` counts pairs. */
export interface WindowCounts {
  readonly matched: number;
  readonly unmatchedCurrent: number;
  readonly unmatchedCanary: number;
  /** Not due in the other arm (join contract 9): not unmatched. */
  readonly notAskedCurrent: number;
  readonly notAskedCanary: number;
  readonly duplicate: number;
  readonly conflict: number;
}

/** One arm's own numbers in one window, pairs or not. */
export interface ArmNumbers {
  readonly predictions: number;
  readonly served: number;
  readonly errors: number;
  /** Counts by latency cell, see `latencyEdgeMs`; dense, one entry per cell. */
  readonly latencyCells: readonly number[];
  readonly scoreCount: number;
  readonly scoreSum: number;
  /**
   * Moments of the scores cut at +-`PairedNumbers.differenceMax`, so that no single one decides. Absent in
   * windows that were stored before these were kept.
   */
  readonly scoreCutSum?: number;
  readonly scoreCutSquareSum?: number;
  /** Least and greatest sampling fraction among the records; they differ: checks are inconclusive. */
  readonly samplingFractionMin: number;
  readonly samplingFractionMax: number;
}

/** Pairs of one window in which both arms decided. */
export interface PairedNumbers {
  /** Pairs in which a disagreement could be told. */
  readonly compared: number;
  /** Current negative, canary positive (or a label later in the order of texts); rankings that differ are all down. */
  readonly flipsUp: number;
  readonly flipsDown: number;
  /** Pairs that agree on a side of the threshold; pairs compared by label or tolerance are in neither. */
  readonly bothPositive: number;
  readonly bothNegative: number;
  /** Pairs in which at least one arm failed. */
  readonly errorsBoth: number;
  readonly errorsCurrentOnly: number;
  readonly errorsCanaryOnly: number;
  /** Moments of (canary score - current score) over pairs with both scores. */
  readonly differenceCount: number;
  readonly differenceSum: number;
  readonly differenceSquareSum: number;
  /** Larger differences count as this one; absent in windows that were stored before it was kept. */
  readonly differenceMax?: number;
  /** Counts by difference cell, see `DIFFERENCE_EDGES`. */
  readonly differenceCells: readonly number[];
  /** Labels by labels, current down, canary across; null when no label is logged. */
  readonly agreement: {
    readonly labels: readonly string[];
    readonly counts: readonly (readonly number[])[];
  } | null;
  /** Null where rankings decide nothing, or no pair of them was compared. */
  readonly rankings: RankingNumbers | null;
}

/** How far the rankings of pairs lie apart, on as many first items as the plan says. */
export interface RankingNumbers {
  readonly compared: number;
  readonly firstItemChanged: number;
  /** Sums over the pairs of values in [0, 1]. */
  readonly overlapSum: number;
  readonly rankBiasedOverlapSum: number;
  /** Counts by tenth of the overlap, the last for overlaps of 1. */
  readonly overlapCells: readonly number[];
}

/** How far the arms' distributions of one field lie apart, on additively smoothed shares, natural logs. */
export interface FieldDivergence {
  readonly psi: number;
  /** PSI less its mean under no change; read it beside the line. */
  readonly psiBiasCorrected: number;
  /** PSI stays below this in 99 of 100 looks when nothing has changed. */
  readonly psiNoiseLine: number;
  readonly klCurrentCanary: number;
  readonly klCanaryCurrent: number;
  readonly jsDivergence: number;
  readonly jsDistance: number;
  readonly hellinger: number;
  readonly totalVariation: number;
  /** Null for categories, which have no order. */
  readonly kolmogorovSmirnov: number | null;
  readonly wasserstein1: number | null;
}

/** The same request, another value of one field in the two logs. */
export interface SkewNumbers {
  readonly compared: number;
  /** Beyond the tolerance: the four below are parts of it. */
  readonly differing: number;
  readonly canaryNull: number;
  readonly currentNull: number;
  /** Two numbers, the canary's the higher; 0 for categories. */
  readonly canaryHigher: number;
  /** Of (canary - current) and of its size, where both are numbers; 0 for categories. */
  readonly differenceSum: number;
  readonly differenceSizeSum: number;
}

/** The cells of one watched field in one window. Cells as in the profile, then null, not finite, unseen. */
export interface FieldNumbers {
  readonly field: Field;
  /** A name for each cell, such as `[0.2, 0.4)`, `EWR`, `null`. */
  readonly cells: readonly string[];
  readonly current: readonly number[];
  readonly canary: readonly number[];
  /** Null when an arm is empty or there is a single cell: cannot tell. */
  readonly divergence: FieldDivergence | null;
  /** Same request, both arms: the values differ beyond the tolerance. Null for fields that may differ by design. */
  readonly skew: SkewNumbers | null;
  /** By the current arm's cell: pairs, flips by direction, sums of the score difference. Null for score and label. */
  readonly drivers: {
    readonly pairs: readonly number[];
    readonly flipsUp: readonly number[];
    readonly flipsDown: readonly number[];
    readonly differenceSums: readonly number[];
    readonly differenceSquareSums: readonly number[];
  } | null;
}

/** Outcomes of the requests of one earlier window, judged once, when mature (join contract 10). */
export interface MaturedOutcome {
  readonly metric: string;
  readonly requestWindowStartMs: number;
  readonly requestWindowEndMs: number;
  /** Pairs that wait for an outcome, and those that have one. */
  readonly pairs: number;
  readonly labelled: number;
  /** Why now: enough labels, the horizon passed, or the limit on waiting requests was reached. */
  readonly because: 'mature' | 'horizon' | 'limit';
  readonly lossCurrentSum: number;
  readonly lossCanarySum: number;
}

/** Outcomes that arrived in this window for served predictions, by the window of their request. */
export interface ServedOutcome {
  readonly metric: string;
  readonly requestWindowStartMs: number;
  /** Requests of the stratum served by each arm that had no outcome before this window. */
  readonly currentOpen: number;
  readonly canaryOpen: number;
  readonly currentEvents: number;
  readonly canaryEvents: number;
  readonly currentValueSum: number;
  readonly canaryValueSum: number;
  /** The values by cell, in the order of cells; absent unless the metric is judged by values. */
  readonly values?: readonly ValueCell[];
}

/** The merged numbers of one window, over all partitions. Measured, no opinion in it. */
export interface WindowSummary {
  readonly rolloutId: string;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly revision: number;
  /** Null while the reference profile is being learned: then `fields` is empty. */
  readonly profileHash: string | null;
  /** Partitions that had not reported at the deadline: the window is incomplete. */
  readonly missingPartitions: readonly number[];
  readonly counts: WindowCounts;
  readonly arms: { readonly current: ArmNumbers; readonly canary: ArmNumbers };
  readonly paired: PairedNumbers;
  readonly fields: readonly FieldNumbers[];
  readonly maturedOutcomes: readonly MaturedOutcome[];
  readonly servedOutcomes: readonly ServedOutcome[];
}
