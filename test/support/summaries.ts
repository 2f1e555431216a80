import {
  DIFFERENCE_CELL_COUNT,
  LATENCY_CELL_COUNT,
  latencyCell,
} from '../../src/core/windows/scales.ts';
import type {
  ArmNumbers,
  FieldNumbers,
  PairedNumbers,
  SkewNumbers,
  WindowCounts,
  WindowSummary,
} from '../../src/core/windows/summary.ts';

export const MINUTE_MS = 60_000;

/** What a test says of a window; all else is nothing. `window` counts windows of `lengthMs` from 0. */
export interface SummarySpec
  extends Partial<
    Pick<
      WindowSummary,
      'profileHash' | 'revision' | 'fields' | 'maturedOutcomes' | 'servedOutcomes'
    >
  > {
  readonly window?: number;
  readonly lengthMs?: number;
  readonly current?: Partial<ArmNumbers>;
  readonly canary?: Partial<ArmNumbers>;
  readonly counts?: Partial<WindowCounts>;
  readonly paired?: Partial<PairedNumbers>;
}

export function summaryOf(spec: SummarySpec = {}): WindowSummary {
  const lengthMs = spec.lengthMs ?? MINUTE_MS;
  const windowStartMs = (spec.window ?? 0) * lengthMs;
  return {
    rolloutId: 'fraud-v7.1',
    windowStartMs,
    windowEndMs: windowStartMs + lengthMs,
    revision: spec.revision ?? 0,
    profileHash: spec.profileHash ?? null,
    missingPartitions: [],
    counts: { ...NO_COUNTS, ...spec.counts },
    arms: { current: armOf(spec.current), canary: armOf(spec.canary) },
    paired: { ...NO_PAIRS, ...spec.paired },
    fields: spec.fields ?? [],
    maturedOutcomes: spec.maturedOutcomes ?? [],
    servedOutcomes: spec.servedOutcomes ?? [],
  };
}

const NO_COUNTS: WindowCounts = {
  matched: 0,
  unmatchedCurrent: 0,
  unmatchedCanary: 0,
  notAskedCurrent: 0,
  notAskedCanary: 0,
  duplicate: 0,
  conflict: 0,
};

const NO_PAIRS: PairedNumbers = {
  compared: 0,
  flipsUp: 0,
  flipsDown: 0,
  bothPositive: 0,
  bothNegative: 0,
  errorsBoth: 0,
  errorsCurrentOnly: 0,
  errorsCanaryOnly: 0,
  differenceCount: 0,
  differenceSum: 0,
  differenceSquareSum: 0,
  differenceCells: Array.from({ length: DIFFERENCE_CELL_COUNT }, () => 0),
  agreement: null,
  rankings: null,
};

export function armOf(over: Partial<ArmNumbers> = {}): ArmNumbers {
  return {
    predictions: 0,
    served: 0,
    errors: 0,
    latencyCells: latencies({}),
    scoreCount: 0,
    scoreSum: 0,
    samplingFractionMin: 1,
    samplingFractionMax: 1,
    ...over,
  };
}

/** Latency cells from counts by ms: `{ 20: 95, 200: 5 }`. */
export function latencies(counts: Readonly<Record<number, number>>): readonly number[] {
  const cells = Array.from({ length: LATENCY_CELL_COUNT }, () => 0);
  for (const [ms, count] of Object.entries(counts)) {
    const cell = latencyCell(Number(ms));
    cells[cell] = (cells[cell] ?? 0) + count;
  }
  return cells;
}

/** A field of which no pair was compared. */
export const NO_SKEW: SkewNumbers = {
  compared: 0,
  differing: 0,
  canaryNull: 0,
  currentNull: 0,
  canaryHigher: 0,
  differenceSum: 0,
  differenceSizeSum: 0,
};

/** A field with these counts per cell; no drivers. */
export function fieldOf(
  name: string,
  current: readonly number[],
  canary: readonly number[],
): FieldNumbers {
  return {
    field: { name, role: 'score', kind: 'number' },
    cells: current.map((_, i) => `cell ${i}`),
    current,
    canary,
    divergence: null,
    skew: null,
    drivers: null,
  };
}

/** A feature with its pairs and flips per cell; directions from `lower`: the mean score difference. */
export function featureOf(
  name: string,
  drivers: {
    readonly cells: readonly string[];
    readonly pairs: readonly number[];
    readonly flipsUp?: readonly number[];
    readonly flipsDown?: readonly number[];
    readonly differences?: readonly number[];
    readonly spread?: number;
  },
): FieldNumbers {
  const { cells, pairs } = drivers;
  const none = pairs.map(() => 0);
  const means = drivers.differences ?? none;
  const spread = drivers.spread ?? 0.1;
  return {
    field: { name: `feature.${name}`, role: 'feature', kind: 'category' },
    cells,
    current: pairs,
    canary: pairs,
    divergence: null,
    skew: NO_SKEW,
    drivers: {
      pairs,
      flipsUp: drivers.flipsUp ?? none,
      flipsDown: drivers.flipsDown ?? none,
      differenceSums: pairs.map((n, i) => n * (means[i] ?? 0)),
      differenceSquareSums: pairs.map((n, i) => n * ((means[i] ?? 0) ** 2 + spread ** 2)),
    },
  };
}
