import Table from 'cli-table3';
import type { Style } from './style.ts';

export type Cell = string | number | boolean | null;

export interface TableData {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Positions of the columns that hold numbers. */
  readonly right?: readonly number[];
}

const NO_BORDER = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** A table without rules, as kubectl prints it: easy to read, easy to cut. */
export function tableText({ head, rows, right = [] }: TableData, style: Style): string {
  const table = new Table({
    head: head.map((name) => style.bold(name.toUpperCase())),
    chars: NO_BORDER,
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) table.push(row.map(cellText));
  return trimLineEnds(table.toString());
}

/** Named values, one a line. */
export function fieldsText(fields: readonly (readonly [string, Cell])[], style: Style): string {
  const width = Math.max(0, ...fields.map(([name]) => name.length));
  return fields
    .map(([name, value]) => `${style.dim(`${name}:`.padEnd(width + 2))}${cellText(value)}`)
    .join('\n');
}

function cellText(cell: Cell): string {
  return cell === null ? '-' : String(cell);
}

function trimLineEnds(text: string): string {
  return text.replace(/[ ]+$/gm, '');
}
