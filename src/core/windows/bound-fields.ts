import type { BatchSchema } from '../events/batch.ts';
import type { FieldSlots, PartialLayout } from './layout.ts';

interface Bound {
  readonly slots: FieldSlots;
  /** Position among the run's columns of this kind; -1 when the logs do not have the field. */
  readonly column: number;
}

/** A field of the profile, tied to the column of this run that holds it. */
export type BoundField =
  | (Bound & {
      readonly kind: 'number';
      readonly edges: readonly number[];
      readonly ownCells: number;
      readonly scale: number;
    })
  | (Bound & {
      readonly kind: 'category';
      readonly cellOfCode: Int32Array;
      /** Cell of every value that is no category of the profile. */
      readonly unlistedCell: number;
      readonly nullCell: number;
    });

/**
 * Ties every field of a layout to its column.
 *
 * @example a profile of `feature.amount` binds to the column whose field has that name
 */
export function bindFields(layout: PartialLayout, schema: BatchSchema): readonly BoundField[] {
  return layout.fields.map((slots): BoundField => {
    const { cells } = slots;
    if ('edges' in cells) {
      const column = schema.layout.numbers.findIndex((field) => field.name === cells.field.name);
      return {
        kind: 'number',
        slots,
        column,
        edges: cells.edges,
        ownCells: cells.edges.length + 1,
        scale: 2 ** cells.scaleBits,
      };
    }
    const column = schema.layout.categories.findIndex((field) => field.name === cells.field.name);
    const values = schema.dictionaries[column]?.values ?? [];
    const nullCell = cells.categories.length + 1;
    // Behind null and not finite stands `unseen`; when the profile lists only some, the rest are `other`.
    const unlistedCell = cells.overflow ? cells.categories.length : nullCell + 2;
    return {
      kind: 'category',
      slots,
      column,
      cellOfCode: cellOfCode(values, { categories: cells.categories, nullCell, unlistedCell }),
      unlistedCell,
      nullCell,
    };
  });
}

/** From a dictionary code to a cell: null, its category, or the cell of all that are not listed. */
function cellOfCode(
  values: readonly string[],
  to: {
    readonly categories: readonly string[];
    readonly nullCell: number;
    readonly unlistedCell: number;
  },
): Int32Array {
  const position = new Map(to.categories.map((category, i) => [category, i] as const));
  const table = new Int32Array(values.length + 1);
  table[0] = to.nullCell;
  values.forEach((value, i) => {
    table[i + 1] = position.get(value) ?? to.unlistedCell;
  });
  return table;
}
