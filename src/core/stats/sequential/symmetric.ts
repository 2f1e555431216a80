import { assert } from '../../foundation/assert.ts';
import { type EvidenceState, foldIncrements, initialEvidence, logEvidence } from './evidence.ts';

/**
 * State of the block symmetric test: evidence like every other test's, and what is needed to measure
 * a block in units of the usual block.
 */
export interface SymmetricState extends EvidenceState {
  /** Blocks with a difference other than zero. */
  readonly blockCount: number;
  /** Sum of the squares of all differences. */
  readonly squareSum: number;
}

/**
 * The alternatives: from a shift of a twentieth of the usual block upwards; at 4 every block of the usual
 * size nearly doubles the wealth or loses it, as in a sign test.
 */
const SLOPE_GRID: readonly number[] = Array.from({ length: 16 }, (_, j) => 0.05 * 80 ** (j / 15));

/** Sizes whose squares are still numbers. Beyond them a difference counts as this one, or as zero. */
const SIZE_MAX = 1e150;
const SIZE_MIN = 1e-150;

/**
 * Evidence before the first block: E = 1.
 *
 * @example logEvidence(initialSymmetric()) // 0
 */
export function initialSymmetric(): SymmetricState {
  return { ...initialEvidence(SLOPE_GRID.length), blockCount: 0, squareSum: 0 };
}

/**
 * Folds the difference of one block of event time, canary less current and less the tolerance;
 * evidence grows when differences are above zero. Null: given the past, a block's difference is
 * symmetric about zero, or smaller (stochastically dominated by one that is). Within a block anything
 * may depend on anything: one storm that delays a whole airport is one observation.
 *
 * The factor of a grid point is 1 + tanh(lambda d / s), s the root mean square of all differences
 * with this one. Given |d| and the past, s is known and d and -d are equally likely, and the two
 * factors add to 2: mean exactly 1. It grows with d, so smaller differences make it smaller. It
 * is above the textbook factor exp(x - x^2/2) of the self-normalised bound for symmetric increments
 * (de la Pena 1999; Howard et al. 2020) for every x, because cosh x <= exp(x^2/2); and it is bounded:
 * one block at most doubles E, so no single block, however wild, decides.
 *
 * @example logEvidence(updateSymmetric(initialSymmetric(), 0.3)) // 0.315
 */
export function updateSymmetric(state: SymmetricState, difference: number): SymmetricState {
  assert(Number.isFinite(difference), 'the difference of a block is a finite number');
  const size = Math.min(Math.abs(difference), SIZE_MAX);
  if (size < SIZE_MIN) {
    return {
      ...state,
      ...foldIncrements(
        state,
        SLOPE_GRID.map(() => 0),
      ),
    };
  }
  const blockCount = state.blockCount + 1;
  const squareSum = state.squareSum + size * size;
  const scaled = (Math.sign(difference) * size) / Math.sqrt(squareSum / blockCount);
  const increments = SLOPE_GRID.map((slope) => logOnePlusTanh(slope * scaled));
  return { ...foldIncrements(state, increments), blockCount, squareSum };
}

/** ln(1 + tanh x) = ln 2 - ln(1 + e^(-2x)), without overflow where x is far below zero. */
function logOnePlusTanh(x: number): number {
  return x >= 0
    ? Math.LN2 - Math.log1p(Math.exp(-2 * x))
    : Math.LN2 + 2 * x - Math.log1p(Math.exp(2 * x));
}

/** A block at most doubles E, so a line that needs more doublings than this is never meant. */
const BLOCK_COUNT_MAX = 10_000;

/**
 * The fewest blocks in which the test can reach a line of ln E, when every block shows the same
 * excess: 9 for ln 100, 13 for ln 1000. A fact of the test, whatever the data: print it with the check.
 *
 * @example blockCountToDecide(Math.log(100)) // 9
 */
export function blockCountToDecide(logLine: number): number {
  let state = initialSymmetric();
  while (logEvidence(state) < logLine) {
    assert(state.blockCount < BLOCK_COUNT_MAX, 'the line of a test is within its reach');
    state = updateSymmetric(state, 1);
  }
  return state.blockCount;
}
