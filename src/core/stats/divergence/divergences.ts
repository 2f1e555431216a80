import { assert } from '../../foundation/assert.ts';
import { type Inconclusive, inconclusive } from '../inconclusive.ts';
import { hellingerDistance } from './hellinger.ts';
import { jensenShannonDistance, jensenShannonDivergence } from './jensen-shannon.ts';
import { klDivergence } from './kullback-leibler.ts';
import { populationStabilityIndex } from './population-stability-index.ts';
import { type ArmCells, type SmoothingMode, sharesOf, totalOf } from './shares.ts';
import { totalVariation } from './total-variation.ts';

/** All divergences of one field in one window; natural logarithms. */
export interface Divergences {
  readonly state: 'measured';
  /** The sum of both KL directions; 0.1 and 0.25 are display bands, not decisions. */
  readonly psi: number;
  /** KL(current || canary): the current model's answers as the canary would expect them. */
  readonly klCurrentCanary: number;
  /** KL(canary || current): the canary's answers as the current model would expect them. */
  readonly klCanaryCurrent: number;
  /** In [0, ln 2]. */
  readonly jsDivergence: number;
  /** Its square root, a metric. */
  readonly jsDistance: number;
  /** In [0, 1]. */
  readonly hellinger: number;
  /** In [0, 1]: the share of predictions that would have to change cell. */
  readonly totalVariation: number;
}

/**
 * Divergences between the arms from counts over the same cells. `additive` and `none` compute all of
 * them on the same shares. `floor` repeats Evidently: PSI on the floored shares as they are, KL on
 * them rescaled to 1, the rest on plain shares. Values may be `Infinity` in mode `none` only.
 * Inconclusive when an arm is empty.
 *
 * @example
 * divergencesOf({ current: [900, 100], canary: [850, 150] }, 'additive')
 * // psi 0.02302, klCurrentCanary 0.01085, klCanaryCurrent 0.01218, totalVariation 0.04995
 */
export function divergencesOf(counts: ArmCells, mode: SmoothingMode): Divergences | Inconclusive {
  assert(counts.current.length === counts.canary.length, 'both arms have the same cells');
  if (totalOf(counts.current) === 0 || totalOf(counts.canary) === 0) return inconclusive('empty');
  const p = sharesOf(counts.current, mode);
  const q = sharesOf(counts.canary, mode);
  // Evidently floors for KL and PSI only: the bounded measures need no help with empty cells.
  const distanceMode = mode === 'floor' ? 'none' : mode;
  const pPlain = sharesOf(counts.current, distanceMode);
  const qPlain = sharesOf(counts.canary, distanceMode);
  return {
    state: 'measured',
    psi: populationStabilityIndex(p, q),
    klCurrentCanary: klDivergence(p, q),
    klCanaryCurrent: klDivergence(q, p),
    jsDivergence: jensenShannonDivergence(pPlain, qPlain),
    jsDistance: jensenShannonDistance(pPlain, qPlain),
    hellinger: hellingerDistance(pPlain, qPlain),
    totalVariation: totalVariation(pPlain, qPlain),
  };
}
