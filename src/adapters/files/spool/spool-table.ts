import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBValue,
  listValue,
} from '@duckdb/node-api';
import { identifier, literal } from '../reader/database.ts';
import { createChunkCollector } from '../reader/native.ts';
import type { RecordKind } from '../reader/shape.ts';
import {
  contractColumns,
  EntryColumns,
  entryCell,
  REPORT_COLUMNS,
  type SpoolColumn,
} from './spool-columns.ts';
import type { SpoolMetadata } from './spool-metadata.ts';
import { METADATA_KEY } from './spool-metadata.ts';
import type { CellValue, SpooledLine } from './spooled-line.ts';

/** Lines that are appended at once: a full vector of DuckDB. */
const BATCH_ROWS = 2048;
/** Batches that an appender may hold before they go to the table. */
const BATCHES_PER_FLUSH = 8;

/** The table that lines are collected in; it grows a column when a new entry is first seen. */
export class SpoolTable {
  private readonly connection: DuckDBConnection;
  private readonly fixed: readonly SpoolColumn[];
  private readonly entries = new EntryColumns();
  private readonly filled = new Set<string>();
  private appender: DuckDBAppender | null = null;
  private batch: SpooledLine[] = [];
  private batchCount = 0;
  private readonly collectChunks = createChunkCollector();

  private constructor(connection: DuckDBConnection, kind: RecordKind) {
    this.connection = connection;
    this.fixed = [...contractColumns(kind), ...REPORT_COLUMNS];
  }

  static async create(connection: DuckDBConnection, kind: RecordKind): Promise<SpoolTable> {
    const table = new SpoolTable(connection, kind);
    const columns = table.fixed.map(({ name, type }) => `${identifier(name)} ${type.toString()}`);
    await connection.run(`create table lines (${columns.join(', ')})`);
    return table;
  }

  async add(line: SpooledLine): Promise<void> {
    this.batch.push(line);
    if (this.batch.length >= BATCH_ROWS) await this.flush();
  }

  /** Writes everything as Parquet; optional columns without a value are left out. */
  async writeParquet(target: string): Promise<void> {
    await this.flush();
    this.appender?.closeSync();
    this.appender = null;
    const names = [...this.fixed, ...this.entries.list].map(({ name }) => identifier(name));
    const metadata: SpoolMetadata = {
      columns: this.fixed.map(({ name }) => name).filter((name) => this.filled.has(name)),
      entries: this.entries.list.map(({ role, key, kind, name, mistypedCount }) => {
        return { role, key, kind, column: name, mistypedCount };
      }),
    };
    await this.connection.run(
      `copy (select ${names.join(', ')} from lines) to ${target}
        (format parquet, kv_metadata {${METADATA_KEY}: ${literal(JSON.stringify(metadata))}})`,
    );
  }

  close(): void {
    // Rows that an appender still holds would be written when it is collected.
    this.appender?.clear();
    this.appender?.closeSync();
    this.appender = null;
    this.connection.closeSync();
  }

  private async flush(): Promise<void> {
    const lines = this.batch;
    this.batch = [];
    if (lines.length === 0) return;
    const added = this.entries.learn(lines);
    if (added.length > 0 || this.appender === null) {
      this.appender?.closeSync();
      this.appender = null;
      for (const { name, type } of added) {
        await this.connection.run(`alter table lines add column ${name} ${type.toString()}`);
      }
      this.appender = await this.connection.createAppender('lines');
    }
    const columns = this.columnsOf(lines);
    const types = [...this.fixed, ...this.entries.list].map(({ type }) => type);
    const chunk = DuckDBDataChunk.create(types, lines.length);
    columns.forEach((values, k) => chunk.setColumnValues(k, values));
    this.appender.appendDataChunk(chunk);
    this.collectChunks();
    this.batchCount += 1;
    if (this.batchCount % BATCHES_PER_FLUSH === 0) this.appender.flushSync();
  }

  private columnsOf(lines: readonly SpooledLine[]): DuckDBValue[][] {
    const columns: DuckDBValue[][] = [...this.fixed, ...this.entries.list].map(() =>
      Array.from<DuckDBValue>({ length: lines.length }).fill(null),
    );
    const positions = new Map(
      [...this.fixed, ...this.entries.list].map(({ name }, k) => [name, k]),
    );
    const put = (row: number, name: string, value: CellValue): void => {
      if (value === null) return;
      this.filled.add(name);
      const column = columns[positions.get(name) ?? -1];
      if (column !== undefined) column[row] = cellToDuckDb(value);
    };
    for (const [row, line] of lines.entries()) {
      for (const name of Object.keys(line.cells)) put(row, name, line.cells[name] ?? null);
      for (const { name } of REPORT_COLUMNS) {
        put(row, name, name === REPORT_COLUMNS[0]?.name ? line.line : line.problem);
      }
      for (const [role, entries] of line.entries) {
        for (const key of Object.keys(entries)) {
          const column = this.entries.get(role, key);
          if (column !== undefined) put(row, column.name, entryCell(column, entries[key] ?? null));
        }
      }
    }
    return columns;
  }
}

function cellToDuckDb(value: Exclude<CellValue, null>): DuckDBValue {
  return typeof value === 'object' ? listValue([...value]) : value;
}
