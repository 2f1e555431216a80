import type { PartialLayout } from './layout.ts';
import type { WindowPartial } from './partial.ts';
import { emptyPartial, LIMB, widenSampling } from './partial.ts';

/** A partial with its zeros left out: most cells of most windows are empty. */
export interface SparsePartial {
  readonly countIndex: readonly number[];
  readonly countValue: readonly number[];
  readonly sumIndex: readonly number[];
  readonly sumHigh: readonly number[];
  readonly sumLow: readonly number[];
  /** As in a partial; an absent arm's fractions are left out as null. */
  readonly sampling: readonly (number | null)[];
}

/** @example the sparse form of an empty partial holds nothing */
export function toSparse(partial: WindowPartial): SparsePartial {
  const countIndex: number[] = [];
  const countValue: number[] = [];
  partial.counts.forEach((value, i) => {
    if (value === 0) return;
    countIndex.push(i);
    countValue.push(value);
  });
  const sumIndex: number[] = [];
  const sumHigh: number[] = [];
  const sumLow: number[] = [];
  partial.sumLow.forEach((low, i) => {
    const high = partial.sumHigh[i] ?? 0;
    if (low === 0 && high === 0) return;
    sumIndex.push(i);
    sumHigh.push(high);
    sumLow.push(low);
  });
  const sampling = Array.from(partial.sampling, (value) => (Number.isNaN(value) ? null : value));
  return { countIndex, countValue, sumIndex, sumHigh, sumLow, sampling };
}

/**
 * Adds a partial in its sparse form to another of the same layout: the same bits as `addPartial`,
 * and no work for what is zero.
 *
 * @example adding the sparse form of an empty partial changes nothing
 */
export function addSparse(into: WindowPartial, from: SparsePartial): void {
  from.countIndex.forEach((at, i) => {
    into.counts[at] = (into.counts[at] ?? 0) + (from.countValue[i] ?? 0);
  });
  from.sumIndex.forEach((at, i) => {
    const low = (into.sumLow[at] ?? 0) + (from.sumLow[i] ?? 0);
    const carry = Math.floor(low / LIMB);
    into.sumLow[at] = low - carry * LIMB;
    into.sumHigh[at] = (into.sumHigh[at] ?? 0) + (from.sumHigh[i] ?? 0) + carry;
  });
  from.sampling.forEach((value, i) => {
    widenSampling(into, i >> 1, value ?? Number.NaN);
  });
}

/** The partial back, exactly. */
export function fromSparse(sparse: SparsePartial, layout: PartialLayout): WindowPartial {
  const partial = emptyPartial(layout);
  sparse.countIndex.forEach((at, i) => {
    partial.counts[at] = sparse.countValue[i] ?? 0;
  });
  sparse.sumIndex.forEach((at, i) => {
    partial.sumHigh[at] = sparse.sumHigh[i] ?? 0;
    partial.sumLow[at] = sparse.sumLow[i] ?? 0;
  });
  sparse.sampling.forEach((value, i) => {
    partial.sampling[i] = value ?? Number.NaN;
  });
  return partial;
}
