import { assert } from '../../foundation/assert.ts';
import { logSumExp } from '../special/log-sum-exp.ts';

/**
 * State of one sequential test, in log space, and safe in JSON bit for bit: every number is finite.
 * The test is a mixture over a grid of alternatives with equal weights; each grid point has a factor
 * per window whose mean is at most 1 under the null, so products of factors are e-processes and
 * Ville's inequality holds: P(E ever reaches 1/alpha) <= alpha, at every look at once.
 */
export interface EvidenceState {
  /** ln of the product of factors since the beginning, per grid point. A plain sum: merges. */
  readonly plain: readonly number[];
  /**
   * ln of the wealth that was put in later, per grid point: catches a fault that starts late.
   * Empty before the first window, where all of these are ln 0.
   */
  readonly restart: readonly number[];
  /** ln of the part of the restart half's first unit that has not been put in yet. */
  readonly logCash: number;
  /** Windows folded, also those in which nothing could be learned. */
  readonly windowCount: number;
}

const GRID_SIZE = 24;
/** Of the restart half's cash, so much is put in at the first window ... */
const PUT_FIRST = 1 / 2;
/** ... and so much of the rest at each later one: a fault after 600 windows still finds a third. */
const PUT_LATER = 1 / 600;

/**
 * Evidence before the first window: E = 1, ln E = 0.
 *
 * @example logEvidence(initialEvidence()) // 0
 */
export function initialEvidence(gridSize: number = GRID_SIZE): EvidenceState {
  return {
    plain: Array.from({ length: gridSize }, () => 0),
    restart: [],
    logCash: 0,
    windowCount: 0,
  };
}

/**
 * Folds one window into both halves; pure. `increments` holds, per grid point, the ln of a factor
 * that has mean at most 1 under the null given everything before this window; all zeros for a window
 * that says nothing (it still counts: money is put in by the clock of windows, never by results).
 * The restart half is a_j <- (a_j + put/J) factor_j with the put taken from cash in advance, so its
 * wealth, cash + sum a_j, is an e-process as well (idea: e-detectors, Shin, Ramdas & Rinaldo, NEJSDS
 * 2023, with weights that sum to one, so that the false-alarm probability itself is bounded). It is a
 * recursion over windows in their order: merge counts first, then fold.
 *
 * @example foldIncrements(initialEvidence(2), [1, 1]).plain // [1, 1]
 */
export function foldIncrements(state: EvidenceState, increments: readonly number[]): EvidenceState {
  const gridSize = state.plain.length;
  assert(increments.length === gridSize, 'there is one increment per grid point');
  const putShare = state.windowCount === 0 ? PUT_FIRST : PUT_LATER;
  const logPut = state.logCash + Math.log(putShare / gridSize);
  return {
    plain: state.plain.map((sum, j) => sum + finiteAt(increments, j)),
    restart: increments.map((_, j) => {
      const before = state.restart[j];
      const wealth = before === undefined ? logPut : logSumExp([before, logPut]);
      return wealth + finiteAt(increments, j);
    }),
    logCash: state.logCash + Math.log1p(-putShare),
    windowCount: state.windowCount + 1,
  };
}

function finiteAt(increments: readonly number[], j: number): number {
  const increment = increments[j] ?? Number.NaN;
  assert(Number.isFinite(increment), 'an increment of evidence is a finite number');
  return increment;
}

/**
 * ln of the plain half alone: the mixture over the grid since the first window.
 *
 * @example logPlain(foldIncrements(initialEvidence(2), [0, Math.log(3)])) // 0.693 = ln((1 + 3)/2)
 */
export function logPlain(state: EvidenceState): number {
  return logSumExp(state.plain) - Math.log(state.plain.length);
}

/** ln of the restart half: the cash that is left, and all wealth put in so far. */
function logRestart(state: EvidenceState): number {
  return logSumExp([state.logCash, ...state.restart]);
}

/**
 * ln E of the whole test, E = 1/2 plain + 1/2 restart; never NaN. Reject at level alpha when it
 * reaches ln(1/alpha).
 *
 * @example logEvidence(foldIncrements(initialEvidence(1), [Math.log(3)])) // 0.916 = ln((3 + 2)/2)
 */
export function logEvidence(state: EvidenceState): number {
  return logSumExp([logPlain(state), logRestart(state)]) - Math.LN2;
}
