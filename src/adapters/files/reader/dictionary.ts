import type { DuckDBConnection } from '@duckdb/node-api';
import type { Dictionary } from '../../../core/events/batch.ts';
import type { Field } from '../../../core/events/field.ts';
import { identifier, literal, queryRows, queryTexts } from './database.ts';
import { asText, valueAsText } from './expressions.ts';
import { parquetSource } from './record-json.ts';
import { type FileShape, valueFieldName } from './shape.ts';

/** Distinct values of one field that get a code of their own. */
export const DICTIONARY_SIZE_MAX = 65_000;
/** What all values beyond that are called. */
export const OTHER_VALUES = 'other values';

/** A category field with its dictionary in the database. */
export interface FieldDictionary extends Dictionary {
  readonly field: Field;
  /** The enum type that codes it, null when no file has a value of it. */
  readonly enumType: string | null;
  /** Code of all values that have none of their own; 0 when every value has one. */
  readonly otherCode: number;
}

export interface DictionaryScope {
  readonly shapes: readonly FileShape[];
  readonly model: string;
  readonly stringLengthMax: number;
}

/**
 * The distinct values of each category field over all files of both arms, sorted, as one enum type
 * each, so that a value has the same code in every file. Beyond the limit the most frequent are kept.
 */
export async function buildDictionaries(
  connection: DuckDBConnection,
  scope: DictionaryScope,
  fields: readonly Field[],
): Promise<readonly FieldDictionary[]> {
  const dictionaries: FieldDictionary[] = [];
  for (const [position, field] of fields.entries()) {
    dictionaries.push(await buildOne(connection, scope, { field, position }));
  }
  return dictionaries;
}

async function buildOne(
  connection: DuckDBConnection,
  scope: DictionaryScope,
  { field, position }: { readonly field: Field; readonly position: number },
): Promise<FieldDictionary> {
  const table = identifier(`values_${position}`);
  const sources = scope.shapes
    .map((shape) => ({ shape, sql: categorySql(shape, field) }))
    .filter(({ sql }) => sql !== null)
    .map(
      ({ shape, sql }) => `select ${sql} as v, count(*) as n from ${parquetSource(shape)}
        where ${asText(shape, 'model').sql} = ${literal(scope.model)} group by v`,
    );
  await connection.run(`create temp table ${table} as
    select v, sum(n) as n from (${sources.join(' union all ')})
    where v is not null and strlen(v) <= ${scope.stringLengthMax}
    group by v order by n desc, v limit ${DICTIONARY_SIZE_MAX + 1}`);
  const values = await queryTexts(
    connection,
    `select v from (select * from ${table} order by n desc, v limit ${DICTIONARY_SIZE_MAX}) order by v`,
  );
  const [total] = await queryRows(connection, `select count(*)::double as n from ${table}`);
  const isComplete = Number(total?.['n'] ?? 0) <= DICTIONARY_SIZE_MAX;
  const enumType = values.length === 0 ? null : identifier(`category_${position}`);
  if (enumType !== null) {
    await connection.run(`create type ${enumType} as enum (select v from
      (select * from ${table} order by n desc, v limit ${DICTIONARY_SIZE_MAX}) order by v)`);
  }
  await connection.run(`drop table ${table}`);
  return {
    field,
    values: isComplete ? values : [...values, OTHER_VALUES],
    enumType,
    otherCode: isComplete ? 0 : values.length + 1,
  };
}

/** The text of a category field in one file, null when the file does not have it. */
export function categorySql(shape: FileShape, field: Field): string | null {
  if (field.role === 'label') return shape.columns.has('label') ? asText(shape, 'label').sql : null;
  const value = shape.values.find((candidate) => valueFieldName(candidate) === field.name);
  return value === undefined ? null : valueAsText(value);
}

/** The code of a text: 0 for null, else its position from 1. */
export function codeSql(text: string, dictionary: FieldDictionary): string {
  const other = `case when ${text} is null then 0 else ${dictionary.otherCode} end`;
  const unknown = `(${dictionary.otherCode === 0 ? '0' : other})::usmallint`;
  if (dictionary.enumType === null) return unknown;
  const code = `enum_code(try_cast(${text} as ${dictionary.enumType}))`;
  return `coalesce(${code}::usmallint + 1::usmallint, ${unknown})`;
}
