import type { Field } from './field.ts';

/**
 * The frozen cells that partials are counted in. A number field has `edges.length + 1` cells, closed
 * on the left, open at both ends; a category field one per category and then `other`.
 * Every field has three more cells at the end: null, not finite (or of another type), unseen.
 */
export type FieldCells =
  | {
      readonly field: Field & { readonly kind: 'number' };
      readonly edges: readonly number[];
      /** Power of two by which sums of this field are scaled. */
      readonly scaleBits: number;
      readonly referenceCounts: readonly number[];
    }
  | {
      readonly field: Field & { readonly kind: 'category' };
      readonly categories: readonly string[];
      /** True when the reference held more categories than are listed: then new ones are `other`. */
      readonly overflow: boolean;
      readonly referenceCounts: readonly number[];
    };

export interface ReferenceProfile {
  readonly model: string;
  readonly currentVersion: string;
  readonly sampleCount: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly fields: readonly FieldCells[];
  /** Fields seen and left out, because of `featuresMax`. */
  readonly notWatched: readonly string[];
}

/** Cells that every field has after its own, in this order. */
export const EXTRA_CELLS = ['null', 'not finite', 'unseen'] as const;
