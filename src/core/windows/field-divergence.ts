import type { FieldCells } from '../events/profile.ts';
import { divergencesOf } from '../stats/divergence/divergences.ts';
import { kolmogorovSmirnov } from '../stats/divergence/kolmogorov-smirnov.ts';
import { psiAgainstNull } from '../stats/divergence/psi-null.ts';
import type { ArmCells } from '../stats/divergence/shares.ts';
import { withoutEmptyCells } from '../stats/divergence/shares.ts';
import { wasserstein1 } from '../stats/divergence/wasserstein.ts';
import type { FieldDivergence } from './summary.ts';

/** A PSI above the line in one of a hundred looks when nothing has changed. */
const NOISE_LEVEL = 0.99;

/**
 * How far the two arms' distributions of one field lie apart in one window, on the cells that are
 * not empty everywhere. Null when an arm is empty or there is a single cell: cannot tell.
 *
 * @example equal counts in both arms give psi 0
 */
export function fieldDivergence(cells: FieldCells, counts: ArmCells): FieldDivergence | null {
  const live = withoutEmptyCells(cells.referenceCounts, counts);
  const measured = divergencesOf(live, 'additive');
  const psi = psiAgainstNull(live, NOISE_LEVEL);
  if (measured.state !== 'measured' || psi.state !== 'measured') return null;
  return {
    psi: measured.psi,
    psiBiasCorrected: psi.psiBiasCorrected,
    psiNoiseLine: psi.noiseLine,
    klCurrentCanary: measured.klCurrentCanary,
    klCanaryCurrent: measured.klCanaryCurrent,
    jsDivergence: measured.jsDivergence,
    jsDistance: measured.jsDistance,
    hellinger: measured.hellinger,
    totalVariation: measured.totalVariation,
    ...orderedDistances(cells, counts),
  };
}

/** Distances that need an order of the cells: numbers only, over finite values. */
function orderedDistances(
  cells: FieldCells,
  counts: ArmCells,
): Pick<FieldDivergence, 'kolmogorovSmirnov' | 'wasserstein1'> {
  const none = { kolmogorovSmirnov: null, wasserstein1: null };
  if (!('edges' in cells) || cells.edges.length === 0) return none;
  const { edges } = cells;
  const own = {
    current: counts.current.slice(0, edges.length + 1),
    canary: counts.canary.slice(0, edges.length + 1),
  };
  const ks = kolmogorovSmirnov(own);
  const distance = wasserstein1(cellPositions(edges), own);
  if (typeof ks !== 'number' || typeof distance !== 'number') return none;
  return { kolmogorovSmirnov: ks, wasserstein1: distance };
}

/** Where a cell's mass is taken to sit: its middle; open cells sit on their one edge. */
function cellPositions(edges: readonly number[]): readonly number[] {
  const inner = edges.slice(1).map((edge, i) => ((edges[i] ?? edge) + edge) / 2);
  return [edges[0] ?? 0, ...inner, edges.at(-1) ?? 0];
}
