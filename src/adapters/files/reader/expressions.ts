import type { ColumnShape, FileShape, ValueClass, ValueShape } from './shape.ts';

/** A column read as one type: its value, null where absent, and when it has another type. */
export interface TypedSql {
  readonly sql: string;
  /** True in SQL where the value is there but has another type; null when it cannot be. */
  readonly wrong: string | null;
}

const ABSENT = (type: string): TypedSql => ({ sql: `null::${type}`, wrong: null });

function cast(sql: string, type: string): TypedSql {
  const tried = `try_cast(${sql} as ${type})`;
  return { sql: tried, wrong: `(${sql} is not null and ${tried} is null)` };
}

function never(column: ColumnShape, type: string): TypedSql {
  return { sql: `null::${type}`, wrong: `(${column.sql} is not null)` };
}

/** A column as DOUBLE. Whole numbers are accepted, texts that read as numbers too. */
export function asNumber(shape: FileShape, name: string): TypedSql {
  const column = shape.columns.get(name);
  if (column === undefined) return ABSENT('double');
  if (column.valueClass === 'number') return { sql: `${column.sql}::double`, wrong: null };
  return column.valueClass === 'text' ? cast(column.sql, 'double') : never(column, 'double');
}

/** A column as VARCHAR. Numbers and booleans, as many programs write labels and versions, are their text. */
export function asText(shape: FileShape, name: string): TypedSql {
  const column = shape.columns.get(name);
  if (column === undefined) return ABSENT('varchar');
  return isScalar(column.valueClass)
    ? { sql: `${column.sql}::varchar`, wrong: null }
    : never(column, 'varchar');
}

export function asBoolean(shape: FileShape, name: string): TypedSql {
  const column = shape.columns.get(name);
  if (column === undefined) return ABSENT('boolean');
  if (column.valueClass === 'boolean') return { sql: column.sql, wrong: null };
  return column.valueClass === 'text' ? cast(column.sql, 'boolean') : never(column, 'boolean');
}

/** A column as ms since 1970 (DOUBLE, fractions cut off). */
export function asTime(shape: FileShape, name: string): TypedSql {
  const column = shape.columns.get(name);
  if (column === undefined) return ABSENT('double');
  if (column.valueClass === 'time') {
    return { sql: `epoch_ms(${column.sql})::double`, wrong: null };
  }
  const number = asNumber(shape, name);
  return { sql: `floor(${number.sql})`, wrong: number.wrong };
}

/** A column as VARCHAR[]. */
export function asTextList(shape: FileShape, name: string): TypedSql {
  const column = shape.columns.get(name);
  if (column === undefined) return ABSENT('varchar[]');
  return column.valueClass === 'list'
    ? { sql: `try_cast(${column.sql} as varchar[])`, wrong: null }
    : never(column, 'varchar[]');
}

/** A watched number: null stays null, a value of another type is infinite, which means "not finite". */
export function valueAsNumber(value: ValueShape | undefined): string {
  if (value === undefined) return 'null::double';
  if (value.valueClass === 'number') return `${value.sql}::double`;
  return `(case when ${value.sql} is not null then 'inf'::double end)`;
}

/** A watched category as text: booleans are 'true' and 'false'. */
export function valueAsText(value: ValueShape | undefined): string {
  if (value === undefined || !isScalar(value.valueClass)) return 'null::varchar';
  return `${value.sql}::varchar`;
}

/** The encoding of numeric columns: NaN is null, infinity is "not finite". */
export function encodeNumber(sql: string): string {
  return `case when ${sql} is null then 'nan'::double when isfinite(${sql}) then ${sql} else 'inf'::double end`;
}

function isScalar(valueClass: ValueClass): boolean {
  return valueClass === 'text' || valueClass === 'number' || valueClass === 'boolean';
}
