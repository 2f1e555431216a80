import { jensenShannonDivergence } from '../../stats/divergence/jensen-shannon.ts';
import { klDivergence } from '../../stats/divergence/kullback-leibler.ts';
import { populationStabilityIndex } from '../../stats/divergence/population-stability-index.ts';
import { sharesOf, totalOf } from '../../stats/divergence/shares.ts';
import { normalMixtureBound } from '../../stats/sequential/normal-mixture.ts';
import { chiSquareUpperQuantile } from '../../stats/special/chi-square.ts';

/**
 * Cells of both arms summed over windows, the current arm's reweighted to the canary's traffic of
 * each window: otherwise a rhythm of the day and a growing share look like a divergence
 * (unmatched sums raise a false alarm in every rollout with a daily rhythm).
 */
export interface Mixed {
  readonly canary: readonly number[];
  /** Sum over windows of (canary count of the window) times the current arm's shares in it. */
  readonly matched: readonly number[];
  readonly canaryCount: number;
  readonly currentCount: number;
  /** Sum of (canary count)^2 / (current count): gives the current arm's effective size. */
  readonly weightSum: number;
}

/** A divergence beside what chance alone gives. All in nats. */
export interface Reading {
  readonly raw: number;
  /** Less its mean under no change; may be below 0. */
  readonly corrected: number;
  /** Exceeded with probability 1 % in one look when nothing differs. */
  readonly nullLine: number;
  /** Asymptotic lower bound, valid over all looks at once. */
  readonly lower: number;
  readonly canaryCount: number;
  readonly currentCount: number;
}

export type Measure = 'psi' | 'kl' | 'js';

/** How the chi-square null of PSI scales: KL is half of it, JS an eighth (second-order expansion). */
const NULL_SCALE = { psi: 1, kl: 0.5, js: 0.125 } as const;
/** The bound is tightest at this precision (1 / variance). */
const TUNED_PRECISION = 3_600;
const NULL_TAIL = 0.01;

/** Sums of no window. */
export function noMixed(): Mixed {
  return { canary: [], matched: [], canaryCount: 0, currentCount: 0, weightSum: 0 };
}

/**
 * Adds one window's cells, the same cells in both arms. A window that one arm has nothing in
 * cannot be matched and is left out.
 *
 * @example addMixed(noMixed(), [10, 30], [1, 1]).matched // [0.5, 1.5]
 */
export function addMixed(
  mixed: Mixed,
  current: readonly number[],
  canary: readonly number[],
): Mixed {
  const currentCount = totalOf(current);
  const canaryCount = totalOf(canary);
  if (currentCount === 0 || canaryCount === 0) return mixed;
  const weight = canaryCount / currentCount;
  return {
    canary: canary.map((value, i) => (mixed.canary[i] ?? 0) + value),
    matched: current.map((value, i) => (mixed.matched[i] ?? 0) + value * weight),
    canaryCount: mixed.canaryCount + canaryCount,
    currentCount: mixed.currentCount + currentCount,
    weightSum: mixed.weightSum + canaryCount * weight,
  };
}

/**
 * The divergence of the canary's cells from the matched ones: KL is KL(canary || current). Cells
 * empty in both are left out. Null with no window, or fewer than two cells in use.
 * `logLine` is ln(1/alpha) of the lower bound. Source: influence of each prediction on the
 * measure, summed to a variance, with the one-sided normal mixture
 * (Howard, Ramdas, McAuliffe & Sekhon, Annals of Statistics 49(2) 2021).
 *
 * @example measureMixed(noMixed(), { measure: 'psi', logLine: 3 }) // null
 */
export function measureMixed(
  mixed: Mixed,
  rule: { readonly measure: Measure; readonly logLine: number },
): Reading | null {
  const used = mixed.canary
    .map((value, i) => ({ canary: value, current: mixed.matched[i] ?? 0 }))
    .filter((cell) => cell.canary + cell.current > 0);
  const degrees = used.length - 1;
  if (degrees < 1) return null;
  const p = sharesOf(
    used.map((cell) => cell.canary),
    'additive',
  );
  const q = sharesOf(
    used.map((cell) => cell.current),
    'additive',
  );
  const effectiveCount = mixed.canaryCount ** 2 / mixed.weightSum;
  const scale = (1 / mixed.canaryCount + 1 / effectiveCount) * NULL_SCALE[rule.measure];
  const raw = divergence(p, q, rule.measure);
  const corrected = raw - degrees * scale;
  const influence = influences(p, q, rule.measure);
  const variance =
    spread(p, influence.canary) / mixed.canaryCount + spread(q, influence.current) / effectiveCount;
  return {
    raw,
    corrected,
    nullLine: scale * chiSquareUpperQuantile(NULL_TAIL, degrees),
    lower: corrected - slack(variance, rule.logLine),
    canaryCount: mixed.canaryCount,
    currentCount: mixed.currentCount,
  };
}

function slack(variance: number, logLine: number): number {
  if (variance <= 0 || logLine <= 0) return 0;
  const alpha = Math.exp(-logLine);
  return variance * normalMixtureBound(1 / variance, { alpha, tunedAt: TUNED_PRECISION });
}

function divergence(p: readonly number[], q: readonly number[], measure: Measure): number {
  if (measure === 'psi') return populationStabilityIndex(q, p);
  return measure === 'kl' ? klDivergence(p, q) : jensenShannonDivergence(p, q);
}

/** Derivatives of the measure by the share of each cell; constants cancel in their variance. */
function influences(p: readonly number[], q: readonly number[], measure: Measure) {
  const canary = p.map((share, i) => byCanary(share, q[i] ?? share, measure));
  const current = p.map((share, i) => byCurrent(share, q[i] ?? share, measure));
  return { canary, current };
}

function byCanary(p: number, q: number, measure: Measure): number {
  if (measure === 'psi') return Math.log(p / q) - q / p;
  return measure === 'kl' ? Math.log(p / q) : Math.log((2 * p) / (p + q)) / 2;
}

function byCurrent(p: number, q: number, measure: Measure): number {
  if (measure === 'psi') return -Math.log(p / q) - p / q;
  return measure === 'kl' ? -p / q : Math.log((2 * q) / (p + q)) / 2;
}

/** Variance of a value by cell under these shares. */
function spread(shares: readonly number[], values: readonly number[]): number {
  let mean = 0;
  let square = 0;
  for (const [i, share] of shares.entries()) {
    const value = values[i] ?? 0;
    mean += share * value;
    square += share * value * value;
  }
  return Math.max(0, square - mean * mean);
}
