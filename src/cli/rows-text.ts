import type { Rows } from '../app/inspect.ts';
import { numberText } from './number-text.ts';
import type { Style } from './style.ts';
import { type Cell, tableText } from './table.ts';

/** The rows of a query as a table, and how many there are. */
export function rowsText({ columns, rows }: Rows, style: Style): string {
  const table = tableText(
    {
      head: columns,
      rows: rows.map((row) => columns.map((name) => cellOf(row[name]))),
      right: columns.flatMap((name, at) =>
        rows.some((row) => typeof row[name] === 'number') ? [at] : [],
      ),
    },
    style,
  );
  return `${table}\n${style.dim(`(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`)}`;
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}
