import { assert } from '../../foundation/assert.ts';
import { type Inconclusive, inconclusive } from '../inconclusive.ts';
import { chiSquareSf, chiSquareUpperQuantile } from '../special/chi-square.ts';
import { populationStabilityIndex } from './population-stability-index.ts';
import { type ArmCells, sharesOf, totalOf } from './shares.ts';

/** PSI with what it would be if nothing had changed. */
export interface PsiAgainstNull {
  readonly state: 'measured';
  /** On additively smoothed shares. */
  readonly psi: number;
  /** Mean of PSI when both arms draw from the same distribution. */
  readonly expectedUnderNoChange: number;
  /** PSI less that mean; negative when the arms are more alike than chance makes them. */
  readonly psiBiasCorrected: number;
  /** PSI exceeds this line with probability 1 - level under no change. */
  readonly noiseLine: number;
  /** Probability of a PSI at least as large under no change, in [0, 1], for one look. */
  readonly pValue: number;
}

/**
 * PSI beside its null. With n and m predictions in B cells and no change, PSI behaves as
 * (1/n + 1/m) chi-square(B - 1) (Yurdakul & Naranjo, J. Risk Model Validation 2020): with 100
 * canary predictions in 10 cells it is 0.09 by chance alone, so a fixed 0.1 fires four times in ten.
 * Counts of independent predictions, one entry per cell; `level` in (0, 1), such as 0.99.
 * For one look at a time: read again and again, the line is crossed sooner or later. In shadow mode
 * both arms answer the same requests and the true null is lower still: this line is then cautious.
 * Inconclusive when an arm is empty or there is one cell only.
 *
 * @example
 * psiAgainstNull({ current: [900, 100], canary: [850, 150] }, 0.99)
 * // psi 0.0230, expectedUnderNoChange 0.002, noiseLine 0.0133, pValue 0.00069
 */
export function psiAgainstNull(counts: ArmCells, level: number): PsiAgainstNull | Inconclusive {
  const { current, canary } = counts;
  assert(current.length === canary.length, 'both arms have the same cells');
  const currentTotal = totalOf(current);
  const canaryTotal = totalOf(canary);
  if (currentTotal === 0 || canaryTotal === 0) return inconclusive('empty');
  const degrees = current.length - 1;
  if (degrees < 1) return inconclusive('one_cell');
  const scale = 1 / currentTotal + 1 / canaryTotal;
  const psi = populationStabilityIndex(sharesOf(current, 'additive'), sharesOf(canary, 'additive'));
  const expectedUnderNoChange = degrees * scale;
  return {
    state: 'measured',
    psi,
    expectedUnderNoChange,
    psiBiasCorrected: psi - expectedUnderNoChange,
    noiseLine: scale * chiSquareUpperQuantile(1 - level, degrees),
    pValue: chiSquareSf(psi / scale, degrees),
  };
}
