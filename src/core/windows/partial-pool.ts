import type { PartialLayout } from './layout.ts';
import { layoutOf } from './layout.ts';
import type { WindowPartial } from './partial.ts';
import { canonicalise, LIMB } from './partial.ts';

/**
 * The open partials of one partition, side by side in two flat arrays, so that one loop over a
 * column can add to many windows. Handle 0 is a bin: rows that a column does not concern go there,
 * which keeps the loops free of branches.
 */
export class PartialPool {
  layout: PartialLayout = layoutOf(null);
  /** Layout of each handle: while a profile is young, partials of both kinds are open. */
  counts: Int32Array;
  sumLow: Float64Array;
  sumHigh: Float64Array;
  sampling: Float64Array;
  /** 1 where the partial counts fields, that is, has a profile. */
  withFields: Uint8Array;
  /** Powers of two by which scores are scaled: negative for scores beyond 2^20. */
  scaleBits: Int16Array;
  /** Where the cut sums of each handle stand in its sums. */
  cutSums: Int32Array;
  countStride: number;
  sumStride: number;
  private readonly layouts: (PartialLayout | null)[] = [null];
  private capacity = 4;

  constructor() {
    this.countStride = this.layout.countLength;
    this.sumStride = this.layout.sumLength;
    this.counts = new Int32Array(this.capacity * this.countStride);
    this.sumLow = new Float64Array(this.capacity * this.sumStride);
    this.sumHigh = new Float64Array(this.capacity * this.sumStride);
    this.sampling = new Float64Array(this.capacity * 4).fill(Number.NaN);
    this.withFields = new Uint8Array(this.capacity);
    this.scaleBits = new Int16Array(this.capacity);
    this.cutSums = new Int32Array(this.capacity);
  }

  /** Widens the pool for partials of this layout; those already open keep theirs. */
  adopt(layout: PartialLayout): void {
    this.layout = layout;
    this.resize(
      this.capacity,
      Math.max(layout.countLength, this.countStride),
      Math.max(layout.sumLength, this.sumStride),
    );
  }

  /** Opens an empty partial of this layout and returns its handle. */
  take(layout: PartialLayout): number {
    let handle = this.layouts.indexOf(null, 1);
    if (handle < 0) handle = this.layouts.length;
    if (handle === this.capacity) this.resize(this.capacity * 2, this.countStride, this.sumStride);
    this.layouts[handle] = layout;
    this.withFields[handle] = layout.profile === null ? 0 : 1;
    this.scaleBits[handle] = layout.scoreScaleBits;
    this.cutSums[handle] = layout.cutSums;
    return handle;
  }

  /** Makes an empty partial hold what another one of its layout holds. */
  copy(from: number, to: number): void {
    const { countStride, sumStride } = this;
    this.counts.copyWithin(to * countStride, from * countStride, (from + 1) * countStride);
    this.sumLow.copyWithin(to * sumStride, from * sumStride, (from + 1) * sumStride);
    this.sumHigh.copyWithin(to * sumStride, from * sumStride, (from + 1) * sumStride);
    this.sampling.copyWithin(to * 4, from * 4, (from + 1) * 4);
  }

  /** Takes a partial out, in canonical form, and frees its handle. */
  release(handle: number): WindowPartial {
    const layout = this.layouts[handle] ?? this.layout;
    const countAt = handle * this.countStride;
    const sumAt = handle * this.sumStride;
    const partial: WindowPartial = {
      layout,
      counts: new Float64Array(this.counts.subarray(countAt, countAt + layout.countLength)),
      sumHigh: this.sumHigh.slice(sumAt, sumAt + layout.sumLength),
      sumLow: this.sumLow.slice(sumAt, sumAt + layout.sumLength),
      sampling: this.sampling.slice(handle * 4, handle * 4 + 4),
    };
    canonicalise(partial);
    this.counts.fill(0, countAt, countAt + this.countStride);
    this.sumHigh.fill(0, sumAt, sumAt + this.sumStride);
    this.sumLow.fill(0, sumAt, sumAt + this.sumStride);
    this.sampling.fill(Number.NaN, handle * 4, handle * 4 + 4);
    this.layouts[handle] = null;
    return partial;
  }

  /**
   * Carries sums before their low limb could lose a bit. Loops add at most 2^52 in magnitude
   * between two calls.
   */
  carry(): void {
    const { sumLow, sumHigh } = this;
    const end = this.layouts.length * this.sumStride;
    for (let i = 0; i < end; i++) {
      const low = sumLow[i] ?? 0;
      if (low >= LIMB / 2 || low <= -LIMB / 2) {
        const units = Math.floor(low / LIMB);
        sumLow[i] = low - units * LIMB;
        sumHigh[i] = (sumHigh[i] ?? 0) + units;
      }
    }
    sumLow.fill(0, 0, this.sumStride);
    this.counts.fill(0, 0, this.countStride);
  }

  private resize(capacity: number, countStride: number, sumStride: number): void {
    const counts = new Int32Array(capacity * countStride);
    const sumLow = new Float64Array(capacity * sumStride);
    const sumHigh = new Float64Array(capacity * sumStride);
    const sampling = new Float64Array(capacity * 4).fill(Number.NaN);
    for (let handle = 0; handle < this.layouts.length; handle++) {
      const countAt = handle * this.countStride;
      const sumAt = handle * this.sumStride;
      counts.set(this.counts.subarray(countAt, countAt + this.countStride), handle * countStride);
      sumLow.set(this.sumLow.subarray(sumAt, sumAt + this.sumStride), handle * sumStride);
      sumHigh.set(this.sumHigh.subarray(sumAt, sumAt + this.sumStride), handle * sumStride);
      sampling.set(this.sampling.subarray(handle * 4, handle * 4 + 4), handle * 4);
    }
    const withFields = new Uint8Array(capacity);
    withFields.set(this.withFields.subarray(0, Math.min(capacity, this.withFields.length)));
    const scaleBits = new Int16Array(capacity);
    scaleBits.set(this.scaleBits.subarray(0, Math.min(capacity, this.scaleBits.length)));
    const cutSums = new Int32Array(capacity);
    cutSums.set(this.cutSums.subarray(0, Math.min(capacity, this.cutSums.length)));
    Object.assign(this, {
      counts,
      sumLow,
      sumHigh,
      sampling,
      withFields,
      scaleBits,
      cutSums,
      capacity,
      countStride,
      sumStride,
    });
  }
}
