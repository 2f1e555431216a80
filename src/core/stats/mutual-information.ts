import { assert } from '../foundation/assert.ts';
import { totalOf } from './divergence/shares.ts';
import { entropyOf } from './entropy.ts';
import { type Inconclusive, inconclusive } from './inconclusive.ts';

/** Pairs by the cell of one feature, in the same order of cells. */
export interface DisagreementCells {
  /** Pairs in which the models decide differently. */
  readonly disagree: readonly number[];
  /** The other compared pairs. */
  readonly agree: readonly number[];
}

/** How much the cell of one feature tells about whether the models disagree. */
export interface DisagreementInformation {
  readonly state: 'measured';
  readonly pairCount: number;
  /** Cells with at least one pair. */
  readonly cellCount: number;
  /** Likelihood ratio statistic 2 N MI; chi-square(cells - 1) if the feature has no part in it. */
  readonly g: number;
  /** Mutual information in nats, biased upwards by about (cells - 1) / 2N. */
  readonly mutualInformation: number;
  /** Less that bias: negative values mean "nothing established". Rank features by this one. */
  readonly mutualInformationCorrected: number;
  /** Entropy of the disagreement itself, in nats. */
  readonly entropy: number;
  /** Corrected information over that entropy, at most 1; may be negative. */
  readonly shareExplained: number;
  /** Per cell: its disagreement rate over that of all pairs, shrunk towards 1 by one pair. */
  readonly lifts: readonly number[];
}

/**
 * Mutual information between the cell of a feature and disagreement, with Miller-Madow correction:
 * MI - (B - 1)/2N. Without the correction a feature with many cells always seems to explain more.
 * Lift_j = ((D_j + 1)/(T_j + 1/r))/r with r the overall rate: an empty cell has lift 1.
 * Inconclusive when there are no pairs, or all agree, or none does: nothing to explain.
 *
 * @example
 * disagreementInformation({ disagree: [20, 0, 0], agree: [80, 100, 100] })
 * // mutualInformation 0.0781, mutualInformationCorrected 0.0748, shareExplained 0.305
 */
export function disagreementInformation(
  cells: DisagreementCells,
): DisagreementInformation | Inconclusive {
  const { disagree, agree } = cells;
  assert(disagree.length === agree.length, 'both rows have the same cells');
  const disagreeTotal = totalOf(disagree);
  const agreeTotal = totalOf(agree);
  const pairCount = disagreeTotal + agreeTotal;
  if (pairCount === 0) return inconclusive('empty');
  if (disagreeTotal === 0 || agreeTotal === 0) return inconclusive('no_variance');
  // An empty cell is no degree of freedom: counting it would over-correct.
  const cellTotals = disagree.map((count, cell) => count + (agree[cell] ?? 0));
  const cellCount = cellTotals.filter((total) => total > 0).length;
  const rowSum =
    rowInformation(disagree, cellTotals, disagreeTotal / pairCount) +
    rowInformation(agree, cellTotals, agreeTotal / pairCount);
  // Never negative but for rounding.
  const mutualInformation = Math.max(0, rowSum / pairCount);
  const corrected = mutualInformation - (cellCount - 1) / (2 * pairCount);
  // The most that any feature could tell.
  const entropy = entropyOf([disagreeTotal, agreeTotal]);
  return {
    state: 'measured',
    pairCount,
    cellCount,
    g: 2 * pairCount * mutualInformation,
    mutualInformation,
    mutualInformationCorrected: corrected,
    entropy,
    shareExplained: corrected / entropy,
    lifts: liftsOf(disagree, cellTotals, disagreeTotal / pairCount),
  };
}

/** Sum over cells of count ln(count / expected), in pairs times nats. */
function rowInformation(
  row: readonly number[],
  cellTotals: readonly number[],
  rowShare: number,
): number {
  let sum = 0;
  for (const [cell, count] of row.entries()) {
    if (count > 0) sum += count * Math.log(count / ((cellTotals[cell] ?? 0) * rowShare));
  }
  return sum;
}

/** Per cell, its disagreement rate over the overall one, shrunk. */
function liftsOf(
  disagree: readonly number[],
  cellTotals: readonly number[],
  rate: number,
): readonly number[] {
  // One expected disagreement and the pairs it takes, added to each cell, pull thin cells to lift 1.
  return disagree.map((count, cell) => (count + 1) / ((cellTotals[cell] ?? 0) + 1 / rate) / rate);
}
