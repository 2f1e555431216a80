/** Latency is counted in cells of 2 %: fixed for ever, so that no profile is needed and windows merge. */
export const LATENCY_GROWTH = 1.02;
/** Lower edge of cell 1; faster answers are in cell 0. */
export const LATENCY_FIRST_EDGE_MS = 0.01;
/** Up to 0.01 ms * 1.02^1099 = 28,000 s. */
export const LATENCY_CELL_COUNT = 1100;

const LATENCY_EDGES_MS: readonly number[] = Array.from(
  { length: LATENCY_CELL_COUNT - 1 },
  (_, i) => LATENCY_FIRST_EDGE_MS * LATENCY_GROWTH ** i,
);

/**
 * Lower edge in ms of a latency cell; cell 0 starts at 0.
 *
 * @example latencyEdgeMs(1) // 0.01
 */
export function latencyEdgeMs(cell: number): number {
  return cell <= 0 ? 0 : (LATENCY_EDGES_MS[Math.min(cell, LATENCY_CELL_COUNT - 1) - 1] ?? 0);
}

const LOG_GROWTH = Math.log(LATENCY_GROWTH);

/**
 * The cell of a latency in ms: the last one whose lower edge is not above it. Exact at the edges.
 * Negative values and NaN belong to no cell and must not be asked for.
 *
 * @example latencyCell(0.01) // 1
 */
export function latencyCell(latencyMs: number): number {
  if (latencyMs < LATENCY_FIRST_EDGE_MS) return 0;
  let cell = Math.floor(Math.log(latencyMs / LATENCY_FIRST_EDGE_MS) / LOG_GROWTH) + 1;
  if (cell >= LATENCY_CELL_COUNT) return LATENCY_CELL_COUNT - 1;
  // The logarithm may be off by one ulp at an edge: the table decides.
  if (latencyEdgeMs(cell) > latencyMs) cell -= 1;
  else if (cell < LATENCY_CELL_COUNT - 1 && latencyEdgeMs(cell + 1) <= latencyMs) cell += 1;
  return cell;
}

const HALF_DIFFERENCE_EDGES = [
  0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1,
] as const;

/** Edges of the cells for (canary score - current score): symmetric, finer near zero, open ends. */
export const DIFFERENCE_EDGES: readonly number[] = [
  ...HALF_DIFFERENCE_EDGES.toReversed().map((edge) => -edge),
  ...HALF_DIFFERENCE_EDGES,
];
export const DIFFERENCE_CELL_COUNT = DIFFERENCE_EDGES.length + 1;

/** Overlaps of rankings are counted in tenths; the last cell is for those that are equal to 1. */
export const OVERLAP_CELL_COUNT = 11;
/** Sums of overlaps, which are in [0, 1], have 2^20 units per 1. */
export const OVERLAP_SCALE_BITS = 20;

/**
 * The cell of an overlap of `count` items among `length`, exact at the tenths.
 *
 * @example overlapCell(7, 10) // 7
 */
export function overlapCell(count: number, length: number): number {
  return Math.floor((10 * count) / length);
}
