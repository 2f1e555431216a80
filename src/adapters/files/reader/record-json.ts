import { literal, readParquet } from './database.ts';
import { ENTRY_COLUMNS, type FileShape } from './shape.ts';

/** Column of a spooled file that holds the number of the line, from 1. */
export const LINE_COLUMN = 'coalmine_line';

/** The file as a table. */
export function parquetSource(shape: FileShape): string {
  return readParquet(shape.parquetPath);
}

/** A row of the file as JSON: the contract's columns, by the contract's names. */
export function recordJson(shape: FileShape): string {
  const pairs = [...shape.columns].map(([name, column]) => `${literal(name)}, ${column.sql}`);
  for (const [column, role] of ENTRY_COLUMNS) {
    const entries = shape.values.filter((value) => value.role === role);
    if (entries.length === 0) continue;
    const fields = entries.map((value) => `${literal(value.key)}, ${value.sql}`).join(', ');
    pairs.push(`${literal(column)}, json_object(${fields})`);
  }
  return `json_object(${pairs.join(', ')})`;
}

/** What is kept of a row at fault: its JSON, cut; of a spooled one its line number too. */
export function faultyRowSql(shape: FileShape, lengthMax: number): string {
  const payload = `left(${recordJson(shape)}::varchar, ${lengthMax})`;
  if (shape.problemColumn === null) return payload;
  return `json_object('line', ${LINE_COLUMN}, 'payload', ${payload})::varchar`;
}
