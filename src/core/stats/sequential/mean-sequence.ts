import { assert } from '../../foundation/assert.ts';
import { BET_GRID } from './bet-grid.ts';
import { type EvidenceState, foldIncrements, initialEvidence } from './evidence.ts';

/** Count, sum and sum of squares of the values of one arm in one window. */
export interface Moments {
  readonly count: number;
  readonly sum: number;
  readonly squareSum: number;
}

/** Differences of pairs in one window; each lies in [-bound, bound]. */
export interface PairMoments extends Moments {
  readonly bound: number;
}

/** Both arms' values in one window. */
export interface ArmMoments {
  readonly current: Moments;
  readonly canary: Moments;
}

/**
 * Which mean is tolerated: direction * (mean of the canary - ratio * mean of the current model) up to
 * `difference`. A proof of no harm is the other direction with a difference below zero.
 */
export interface MeanRule {
  readonly direction: 1 | -1;
  readonly ratio: number;
  readonly difference: number;
  /** >= 1: increments are divided by it. */
  readonly dispersion: number;
}

/** Evidence about a mean, from pairs, from both arms' own values, or from either in turn. */
export interface MeanSequenceState extends EvidenceState {
  /** Spread of a value, measured once from the first windows; null until it is known. */
  readonly spread: number | null;
  readonly learned: {
    readonly currentCount: number;
    readonly canaryCount: number;
    /** Sum of squares about the mean of each arm and window, and their degrees of freedom. */
    readonly squares: number;
    readonly freedom: number;
  };
}

/** Alternatives for two arms: shifts of 0.001 to 0.5 spreads beyond the tolerance. */
const DRIFT_GRID: readonly number[] = Array.from(
  { length: BET_GRID.length },
  (_, j) => 0.001 * 500 ** (j / (BET_GRID.length - 1)),
);

/** The sequence of two arms begins when each has shown so many values: it is asymptotic. */
export const VALUES_TO_START = 100;
/** A variance below this part of the squared mean is rounding. */
const ROUNDING = 1e-12;
/** Squares that sum to less are none: numbers measured in so small a spread would not be finite. */
const SQUARES_MIN = 1e-200;

/**
 * Evidence before the first window: E = 1, no spread known.
 *
 * @example initialMeanSequence().spread // null
 */
export function initialMeanSequence(): MeanSequenceState {
  return {
    ...initialEvidence(BET_GRID.length),
    spread: null,
    learned: { currentCount: 0, canaryCount: 0, squares: 0, freedom: 0 },
  };
}

/**
 * Folds the differences of the pairs of one window (`ratio` is not used: pairs have none). With
 * x = direction d - difference, which is never below -B = -(bound + difference), and a stake u in (0, 1),
 * the factor is exp(u S / B - psi(u) Q / B^2), S and Q the sums of x and of x^2, psi(u) = -ln(1 - u) - u.
 * Its mean is at most 1 when the mean of x is at most 0, for any law of such differences: exact, not
 * asymptotic, and self-normalised. Source: Fan, Grama & Liu, EJP 20 (2015), from ln(1 + u y) >= u y - psi(u) y^2
 * for y >= -1. No pairs: only the clock of the restart half goes on.
 *
 * @example
 * const pairs = { count: 0, sum: 0, squareSum: 0, bound: 1 };
 * updatePairedMean(initialMeanSequence(), pairs, { direction: 1, ratio: 1, difference: 0, dispersion: 1 }).windowCount // 1
 */
export function updatePairedMean(
  state: MeanSequenceState,
  pairs: PairMoments,
  rule: MeanRule,
): MeanSequenceState {
  const { count, sum, squareSum, bound } = pairs;
  const { direction, difference, dispersion } = rule;
  assert(dispersion >= 1, 'a dispersion below 1 would invent evidence');
  const reach = bound + difference;
  if (count === 0 || !(reach > 0)) return folded(state, null);
  const excess = (direction * sum - count * difference) / reach;
  const square =
    (squareSum - 2 * direction * difference * sum + count * difference * difference) / reach ** 2;
  // x^2 sums to at least S^2 / n, whatever rounding left of it.
  const squares = Math.max(square, (excess * excess) / count);
  return folded(
    state,
    BET_GRID.map((stake) => (stake * excess + (Math.log1p(-stake) + stake) * squares) / dispersion),
  );
}

/**
 * Folds both arms' own values of one window, as a stratum: om = n_c n_b / (n_c + n_b),
 * S = om (direction (mean_c - ratio mean_b) - difference), V = om s^2. The factor of a drift lambda, in
 * spreads, is exp(lambda S / spread - lambda^2 V / (2 spread^2)): a normal mixture over a grid of drifts
 * instead of all of them (Howard et al., AoS 2021), so that it can restart.
 *
 * What is asymptotic: the mean of S is taken as normal within a window, with the variance measured in
 * it. s^2 is the larger of both arms' variances (the current model's times ratio^2): where a few values of the
 * canary happen to lie close together, its own variance would be too small just when its mean is
 * far off. The spread only sets the grid; it is measured from the first windows, until each arm has shown 100
 * values, and those say nothing else. Windows in which no arm varies, or one is empty, say nothing.
 *
 * @example
 * const arm = { count: 0, sum: 0, squareSum: 0 };
 * updateArmMeans(initialMeanSequence(), { current: arm, canary: arm }, { direction: 1, ratio: 1, difference: 0, dispersion: 1 }).spread // null
 */
export function updateArmMeans(
  state: MeanSequenceState,
  arms: ArmMoments,
  rule: MeanRule,
): MeanSequenceState {
  assert(rule.dispersion >= 1, 'a dispersion below 1 would invent evidence');
  const { spread } = state;
  if (spread === null) return folded(learn(state, arms), null);
  const { current, canary } = arms;
  if (current.count === 0 || canary.count === 0) return folded(state, null);
  const variance = Math.max(varianceOf(canary), rule.ratio ** 2 * varianceOf(current));
  if (variance === 0) return folded(state, null);
  const weight = weightOf(arms);
  const shift = canary.sum / canary.count - rule.ratio * (current.sum / current.count);
  const sum = (weight * (rule.direction * shift - rule.difference)) / spread;
  const squares = (weight * variance) / spread ** 2;
  return folded(
    state,
    DRIFT_GRID.map((drift) => (drift * sum - (drift * drift * squares) / 2) / rule.dispersion),
  );
}

/**
 * Weight of a window in a stratified mean difference: n_c n_b / (n_c + n_b); 0 when an arm is empty.
 *
 * @example weightOf({ current: { count: 3, sum: 0, squareSum: 0 }, canary: { count: 1, sum: 0, squareSum: 0 } }) // 0.75
 */
export function weightOf({ current, canary }: ArmMoments): number {
  const total = current.count + canary.count;
  return total === 0 ? 0 : (current.count * canary.count) / total;
}

function folded(state: MeanSequenceState, increments: readonly number[] | null): MeanSequenceState {
  const { spread, learned } = state;
  return { ...foldIncrements(state, increments ?? BET_GRID.map(() => 0)), spread, learned };
}

function learn(state: MeanSequenceState, { current, canary }: ArmMoments): MeanSequenceState {
  const before = state.learned;
  const learned = {
    currentCount: before.currentCount + current.count,
    canaryCount: before.canaryCount + canary.count,
    squares: before.squares + squaresOf(current) + squaresOf(canary),
    freedom: before.freedom + freedomOf(current) + freedomOf(canary),
  };
  const enough = Math.min(learned.currentCount, learned.canaryCount) >= VALUES_TO_START;
  const known = enough && learned.freedom > 0 && learned.squares > 0;
  return { ...state, learned, spread: known ? Math.sqrt(learned.squares / learned.freedom) : null };
}

function freedomOf({ count }: Moments): number {
  return Math.max(0, count - 1);
}

/** Sum of squares about the mean; 0 where it is no more than rounding. */
function squaresOf({ count, sum, squareSum }: Moments): number {
  if (count < 2) return 0;
  const aboutMean = squareSum - (sum * sum) / count;
  return aboutMean > Math.max(ROUNDING * squareSum, SQUARES_MIN) ? aboutMean : 0;
}

function varianceOf(moments: Moments): number {
  return moments.count < 2 ? 0 : squaresOf(moments) / freedomOf(moments);
}
