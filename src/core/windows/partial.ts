import { assert } from '../foundation/assert.ts';
import type { PartialLayout } from './layout.ts';

/**
 * One partition's numbers of one window: counts, and real-valued sums in fixed point on two limbs,
 * `high * 2^52 + low`. Everything is an integer, so adding partials up in any order gives the same bits.
 */
export interface WindowPartial {
  readonly layout: PartialLayout;
  readonly counts: Float64Array;
  readonly sumHigh: Float64Array;
  readonly sumLow: Float64Array;
  /** Least and greatest sampling fraction by arm (current min, max, canary min, max); NaN when the arm is absent. */
  readonly sampling: Float64Array;
}

/** One limb: sums are carried when they leave (-2^52, 2^52). */
export const LIMB = 2 ** 52;

/** A partial of nothing: the neutral element of {@link mergePartials}. */
export function emptyPartial(layout: PartialLayout): WindowPartial {
  return {
    layout,
    counts: new Float64Array(layout.countLength),
    sumHigh: new Float64Array(layout.sumLength),
    sumLow: new Float64Array(layout.sumLength),
    sampling: new Float64Array(4).fill(Number.NaN),
  };
}

/** Carries every sum into its canonical form: low limb in [0, 2^52). */
export function canonicalise(partial: WindowPartial): void {
  for (let i = 0; i < partial.sumLow.length; i++) {
    const low = partial.sumLow[i] ?? 0;
    const carry = Math.floor(low / LIMB);
    partial.sumLow[i] = low - carry * LIMB;
    partial.sumHigh[i] = (partial.sumHigh[i] ?? 0) + carry;
  }
}

/**
 * Adds `from` to `into`. Commutative and associative, exactly, up to 2^53 records and sums of
 * 2^105 units.
 *
 * @throws when the two were counted in different cells
 */
export function addPartial(into: WindowPartial, from: WindowPartial): void {
  assert(
    into.layout.profile === from.layout.profile && into.counts.length === from.counts.length,
    'only partials of one profile are merged',
  );
  for (let i = 0; i < from.counts.length; i++)
    into.counts[i] = (into.counts[i] ?? 0) + (from.counts[i] ?? 0);
  canonicalise(from);
  for (let i = 0; i < from.sumLow.length; i++) {
    into.sumHigh[i] = (into.sumHigh[i] ?? 0) + (from.sumHigh[i] ?? 0);
    into.sumLow[i] = (into.sumLow[i] ?? 0) + (from.sumLow[i] ?? 0);
  }
  canonicalise(into);
  for (let arm = 0; arm < 2; arm++) {
    widenSampling(into, arm, from.sampling[2 * arm] ?? Number.NaN);
    widenSampling(into, arm, from.sampling[2 * arm + 1] ?? Number.NaN);
  }
}

/** Widens the range of an arm's sampling fractions (arm 0 current, 1 canary) by one value; NaN changes nothing. */
export function widenSampling(partial: WindowPartial, arm: number, fraction: number): void {
  const low = partial.sampling[2 * arm] ?? Number.NaN;
  const high = partial.sampling[2 * arm + 1] ?? Number.NaN;
  if (fraction < low || Number.isNaN(low)) partial.sampling[2 * arm] = fraction;
  if (fraction > high || Number.isNaN(high)) partial.sampling[2 * arm + 1] = fraction;
}

/**
 * The real value of an exact sum: the only place where floating point begins.
 *
 * @example with `scaleBits` 20, high 0 and low 1048576 it is 1
 */
export function sumValue(partial: WindowPartial, index: number, scaleBits: number): number {
  const high = partial.sumHigh[index] ?? 0;
  const low = partial.sumLow[index] ?? 0;
  return (high * LIMB + low) / 2 ** scaleBits;
}

/**
 * A real value in fixed point, rounded half up as SQL's `floor(x * 2^bits + 0.5)` does.
 *
 * @example fixedPoint(0.5, 20) // 524288
 */
export function fixedPoint(value: number, scaleBits: number): number {
  return Math.floor(value * 2 ** scaleBits + 0.5);
}
