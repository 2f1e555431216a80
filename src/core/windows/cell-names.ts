import type { FieldCells } from '../events/profile.ts';
import { EXTRA_CELLS } from '../events/profile.ts';

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/**
 * A name for every cell of a field, in cell order: ranges closed on the left, categories, then
 * `other` and the extra cells.
 *
 * @example edges [1, 2] give `< 1`, `[1, 2)`, `>= 2`, `null`, `not finite`, `unseen`
 */
export function cellNames(cells: FieldCells): readonly string[] {
  if ('categories' in cells) return [...cells.categories, 'other', ...EXTRA_CELLS];
  const { edges } = cells;
  const first = edges[0];
  const last = edges.at(-1);
  if (first === undefined || last === undefined) return ['any', ...EXTRA_CELLS];
  const inner = edges.slice(1).map((edge, i) => `[${short(edges[i] ?? 0)}, ${short(edge)})`);
  return [`< ${short(first)}`, ...inner, `>= ${short(last)}`, ...EXTRA_CELLS];
}
