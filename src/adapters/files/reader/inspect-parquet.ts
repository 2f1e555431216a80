import {
  type DuckDBConnection,
  DuckDBMapType,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
} from '@duckdb/node-api';
import { CoalmineError } from '../../../core/foundation/error.ts';
import { identifier, literal, queryRows, queryTexts, readParquet } from './database.ts';
import type { InputFile } from './expand.ts';
import {
  type ColumnShape,
  ENTRY_COLUMNS,
  type FileShape,
  MANDATORY_COLUMNS,
  OPTIONAL_COLUMNS,
  type RecordKind,
  type ValueClass,
  type ValueShape,
} from './shape.ts';

const CLASS_BY_TYPE: ReadonlyMap<DuckDBTypeId, ValueClass> = new Map([
  [DuckDBTypeId.BOOLEAN, 'boolean'],
  ...[
    DuckDBTypeId.TINYINT,
    DuckDBTypeId.SMALLINT,
    DuckDBTypeId.INTEGER,
    DuckDBTypeId.BIGINT,
    DuckDBTypeId.HUGEINT,
    DuckDBTypeId.UTINYINT,
    DuckDBTypeId.USMALLINT,
    DuckDBTypeId.UINTEGER,
    DuckDBTypeId.UBIGINT,
    DuckDBTypeId.UHUGEINT,
    DuckDBTypeId.FLOAT,
    DuckDBTypeId.DOUBLE,
    DuckDBTypeId.DECIMAL,
  ].map((id) => [id, 'number'] as const),
  ...[DuckDBTypeId.VARCHAR, DuckDBTypeId.ENUM, DuckDBTypeId.UUID].map(
    (id) => [id, 'text'] as const,
  ),
  ...[
    DuckDBTypeId.DATE,
    DuckDBTypeId.TIMESTAMP,
    DuckDBTypeId.TIMESTAMP_S,
    DuckDBTypeId.TIMESTAMP_MS,
    DuckDBTypeId.TIMESTAMP_NS,
    DuckDBTypeId.TIMESTAMP_TZ,
  ].map((id) => [id, 'time'] as const),
  [DuckDBTypeId.LIST, 'list'],
]);

/** What a Parquet file holds; a missing mandatory column is an error that names it. */
export async function inspectParquet(
  connection: DuckDBConnection,
  file: InputFile,
  kind: RecordKind,
): Promise<FileShape> {
  const source = readParquet(file.path);
  const types = await columnTypes(connection, source);
  requireColumns(file.path, kind, types);
  const columns = new Map<string, ColumnShape>();
  for (const name of [...MANDATORY_COLUMNS[kind], ...OPTIONAL_COLUMNS[kind]]) {
    const type = types.get(name);
    if (type !== undefined) {
      columns.set(name, { sql: identifier(name), valueClass: valueClassOf(type) });
    }
  }
  const values: ValueShape[] = [];
  const warnings: string[] = [];
  for (const [column, role] of kind === 'prediction' ? ENTRY_COLUMNS : []) {
    const type = types.get(column);
    const entries = type && (await entriesOf(connection, { source, column, type }));
    if (entries === null) {
      warnings.push(`${file.path}: ${column} is ${String(type)}, not a record or a map: not read`);
    }
    values.push(...(entries ?? []).map((entry) => ({ ...entry, role })));
  }
  const rowCount = await rowCountOf(connection, file.path);
  return {
    file,
    parquetPath: file.path,
    rowCount,
    columns,
    values,
    problemColumn: null,
    warnings,
  };
}

function valueClassOf(type: DuckDBType): ValueClass {
  return CLASS_BY_TYPE.get(type.typeId) ?? 'other';
}

async function columnTypes(
  connection: DuckDBConnection,
  source: string,
): Promise<ReadonlyMap<string, DuckDBType>> {
  const result = await connection.run(`select * from ${source} limit 0`);
  const names = result.columnNames();
  return new Map(result.columnTypes().map((type, k) => [names[k] ?? '', type]));
}

function requireColumns(
  path: string,
  kind: RecordKind,
  types: ReadonlyMap<string, DuckDBType>,
): void {
  const missing = MANDATORY_COLUMNS[kind].filter((name) => !types.has(name));
  if (missing.length === 0) return;
  const [what, verb] = missing.length === 1 ? ['column', 'is'] : ['columns', 'are'];
  throw new CoalmineError(
    'input_unreadable',
    `${path} has no ${what} ${missing.join(', ')}, which ${verb} mandatory in ${kind}s`,
    { hints: [`columns found: ${[...types.keys()].join(', ')}`] },
  );
}

export async function rowCountOf(connection: DuckDBConnection, path: string): Promise<number> {
  const rows = await queryRows(
    connection,
    `select num_rows::double as n from parquet_file_metadata(${literal(path)})`,
  );
  return Number(rows[0]?.['n'] ?? 0);
}

type Entry = Omit<ValueShape, 'role'>;

/** Entries of a record (one column each) or of a map (keys found by looking); null for other types. */
async function entriesOf(
  connection: DuckDBConnection,
  where: { readonly source: string; readonly column: string; readonly type: DuckDBType },
): Promise<readonly Entry[] | null> {
  const { source, column, type } = where;
  const name = identifier(column);
  if (type instanceof DuckDBStructType) {
    return type.entryNames.map((key, k) => ({
      key,
      sql: `struct_extract(${name}, ${literal(key)})`,
      valueClass: valueClassOf(type.entryTypes[k] ?? type),
    }));
  }
  if (!(type instanceof DuckDBMapType)) return type.typeId === DuckDBTypeId.SQLNULL ? [] : null;
  const keys = await queryTexts(
    connection,
    `select distinct unnest(map_keys(${name}))::varchar as key from ${source} order by key`,
  );
  return keys.map((key) => ({
    key,
    sql: `${name}[${literal(key)}]`,
    valueClass: valueClassOf(type.valueType),
  }));
}
