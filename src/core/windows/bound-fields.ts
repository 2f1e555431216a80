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
    return {
      kind: 'category',
      slots,
      column,
      cellOfCode: cellOfCode(cells, values),
      nullCell: cells.categories.length + 1,
    };
  });
}

/** From a dictionary code to a cell: its category, `other` (or `unseen` when every category is listed), null. */
function cellOfCode(
  cells: { readonly categories: readonly string[]; readonly overflow: boolean },
  values: readonly string[],
): Int32Array {
  const own = cells.categories.length + 1;
  const otherCell = cells.categories.length;
  const unseenCell = own + 2;
  const position = new Map(cells.categories.map((category, i) => [category, i] as const));
  const table = new Int32Array(values.length + 1);
  table[0] = own;
  values.forEach((value, i) => {
    table[i + 1] = position.get(value) ?? (cells.overflow ? otherCell : unseenCell);
  });
  return table;
}
