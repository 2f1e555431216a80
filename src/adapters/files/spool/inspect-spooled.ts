import type { DuckDBConnection } from '@duckdb/node-api';
import { assert } from '../../../core/foundation/assert.ts';
import { identifier, literal, queryTexts } from '../reader/database.ts';
import type { InputFile } from '../reader/expand.ts';
import { rowCountOf } from '../reader/inspect-parquet.ts';
import {
  type ColumnShape,
  type FileShape,
  MANDATORY_COLUMNS,
  type RecordKind,
  type ValueClass,
  valueFieldName,
} from '../reader/shape.ts';
import { contractColumns, PROBLEM_COLUMN } from './spool-columns.ts';
import { METADATA_KEY, type SpoolMetadata } from './spool-metadata.ts';

/** A spooled file. */
export interface SpooledInput {
  readonly file: InputFile;
  readonly kind: RecordKind;
  readonly spoolPath: string;
}

/** What a spooled JSON Lines file holds, in the same words as for Parquet. */
export async function inspectSpooled(
  connection: DuckDBConnection,
  input: SpooledInput,
): Promise<FileShape> {
  const { file, kind, spoolPath } = input;
  const metadata = await readMetadata(connection, spoolPath);
  const present = new Set([...metadata.columns, ...MANDATORY_COLUMNS[kind]]);
  const columns = new Map<string, ColumnShape>();
  for (const { name, type } of contractColumns(kind)) {
    const valueClass = CLASS_BY_TYPE.get(type.toString()) ?? 'number';
    if (present.has(name)) columns.set(name, { sql: identifier(name), valueClass });
  }
  return {
    file,
    parquetPath: spoolPath,
    rowCount: await rowCountOf(connection, spoolPath),
    columns,
    values: metadata.entries.map(({ role, key, kind: valueClass, column }) => {
      // Booleans are spooled as their text: they are categories, like any other text.
      return { role, key, sql: column, valueClass: valueClass === 'number' ? 'number' : 'text' };
    }),
    problemColumn: PROBLEM_COLUMN,
    warnings: metadata.entries
      .filter(({ mistypedCount }) => mistypedCount > 0)
      .map((entry) => `mistyped: ${valueFieldName(entry)} ${entry.mistypedCount} in ${file.path}`),
  };
}

const CLASS_BY_TYPE: ReadonlyMap<string, ValueClass> = new Map([
  ['VARCHAR', 'text'],
  ['BOOLEAN', 'boolean'],
  ['VARCHAR[]', 'list'],
]);

async function readMetadata(connection: DuckDBConnection, path: string): Promise<SpoolMetadata> {
  const [text = ''] = await queryTexts(
    connection,
    `select decode(value) as value from parquet_kv_metadata(${literal(path)})
      where decode(key) = ${literal(METADATA_KEY)}`,
  );
  const value: unknown = JSON.parse(text);
  assert(isMetadata(value), `${path} carries its own description`);
  return value;
}

function isMetadata(value: unknown): value is SpoolMetadata {
  return typeof value === 'object' && value !== null && 'columns' in value && 'entries' in value;
}
