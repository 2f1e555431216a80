import type { PartialLayout } from './layout.ts';
import type { WindowPartial } from './partial.ts';
import { emptyPartial } from './partial.ts';

/** A partial with its zeros left out: most cells of most windows are empty. */
export interface SparsePartial {
  readonly countIndex: number[];
  readonly countValue: number[];
  readonly sumIndex: number[];
  readonly sumHigh: number[];
  readonly sumLow: number[];
  /** As in a partial; an absent arm's fractions are left out as null. */
  readonly sampling: readonly (number | null)[];
}

/** @example the sparse form of an empty partial holds nothing */
export function toSparse(partial: WindowPartial): SparsePartial {
  const sparse: SparsePartial = {
    countIndex: [],
    countValue: [],
    sumIndex: [],
    sumHigh: [],
    sumLow: [],
    sampling: Array.from(partial.sampling, (value) => (Number.isNaN(value) ? null : value)),
  };
  partial.counts.forEach((value, i) => {
    if (value === 0) return;
    sparse.countIndex.push(i);
    sparse.countValue.push(value);
  });
  partial.sumLow.forEach((low, i) => {
    const high = partial.sumHigh[i] ?? 0;
    if (low === 0 && high === 0) return;
    sparse.sumIndex.push(i);
    sparse.sumHigh.push(high);
    sparse.sumLow.push(low);
  });
  return sparse;
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
