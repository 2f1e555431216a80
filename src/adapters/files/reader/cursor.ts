import type {
  DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBResult,
} from '@duckdb/node-api';
import { assert } from '../../../core/foundation/assert.ts';
import { LOOK_AHEAD_ROWS } from '../../../core/join/lone-future.ts';
import { readingFile } from './database.ts';
import { CHUNK_ROWS_MAX, type LoadedChunk } from './loaded-chunk.ts';
import { fillMergeKeys } from './merge-key.ts';
import type { Problem } from './problems.ts';
import type { FileShape } from './shape.ts';

/** How one input file is read: for which side of the log, and with which selection. */
export interface CursorPlan {
  readonly shape: FileShape;
  /** 0 current, 1 canary, 2 outcomes. */
  readonly side: number;
  readonly sql: string;
  readonly problems: readonly Problem[];
  readonly load: (chunk: DuckDBDataChunk, firstRow: number) => LoadedChunk;
}

/** Where a cursor begins: at the start of its file, or where an earlier run stopped. */
export interface CursorStart {
  readonly row: number;
  readonly previousKey: number;
}

/**
 * A reading position in one file. It holds the chunk being merged, those after it as far as the look
 * ahead needs, and one more on its way, so that DuckDB works while the caller does. The stream is
 * opened only when the merge reaches the file: of many files only the first rows are looked at before.
 */
export class FileCursor {
  readonly plan: CursorPlan;
  readonly keys = new Float64Array(CHUNK_ROWS_MAX);
  chunk: LoadedChunk | null = null;
  /** Next row of `chunk`. */
  row = 0;
  /** Key of the last row that was merged. */
  previousKey: number;
  private readonly instance: DuckDBInstance;
  private readonly collectChunks: () => void;
  private readonly after = new Float64Array(LOOK_AHEAD_ROWS);
  private ahead: LoadedChunk[] = [];
  private connection: DuckDBConnection | null = null;
  private result: DuckDBResult | null = null;
  private pending: Promise<DuckDBDataChunk | null> | null = null;
  private nextRowToLoad: number;

  constructor(
    plan: CursorPlan,
    start: CursorStart,
    context: { readonly instance: DuckDBInstance; readonly collectChunks: () => void },
  ) {
    this.plan = plan;
    this.previousKey = start.previousKey;
    this.nextRowToLoad = start.row;
    this.instance = context.instance;
    this.collectChunks = context.collectChunks;
  }

  /** Whether the stream runs; before, only the first rows are known. */
  get isOpen(): boolean {
    return this.result !== null;
  }

  /** The next row to be merged, as a row number of the file. */
  get position(): number {
    return this.chunk === null ? this.nextRowToLoad : this.chunk.firstRow + this.row;
  }

  /** Key of the next row, Infinity at the end of the file. */
  get headKey(): number {
    return this.chunk === null ? Number.POSITIVE_INFINITY : (this.keys[this.row] ?? 0);
  }

  /** Loads the first few rows, to know when the file's turn comes. */
  async peek(): Promise<void> {
    await readingFile(this.plan.shape.file.path, async () => {
      const connection = await this.instance.connect();
      try {
        const result = await connection.stream(`${this.sql()} limit ${LOOK_AHEAD_ROWS + 1}`);
        const chunk = await result.fetchChunk();
        if (chunk !== null && chunk.rowCount > 0) {
          this.chunk = this.plan.load(chunk, this.nextRowToLoad);
          this.fillKeys();
        }
      } finally {
        connection.closeSync();
      }
    });
  }

  /** Starts the stream at the row that was peeked at. */
  async open(): Promise<void> {
    assert(this.result === null, 'a cursor is opened once');
    await readingFile(this.plan.shape.file.path, async () => {
      // A connection of its own: a second query on one ends its open stream in silence.
      this.connection = await this.instance.connect();
      this.result = await this.connection.stream(this.sql());
      this.request();
    });
    this.chunk = null;
    await this.advance();
  }

  /** Moves to the next chunk; at the end of the file `chunk` is null. */
  async advance(): Promise<void> {
    await readingFile(this.plan.shape.file.path, () => this.lookAhead(1));
    this.chunk = this.ahead.shift() ?? null;
    this.row = 0;
    await readingFile(this.plan.shape.file.path, () => this.lookAhead(LOOK_AHEAD_ROWS));
    if (this.chunk === null) await this.close();
    else this.fillKeys();
  }

  /** Times of the rows after `row` of the present chunk, at most eight; returns how many. */
  copyTimesAfter(row: number, target: Float64Array, at: number): number {
    let count = 0;
    let from = row + 1;
    for (const chunk of [this.chunk, ...this.ahead]) {
      const length = chunk?.length ?? 0;
      for (; from < length && count < LOOK_AHEAD_ROWS; from += 1) {
        target[at + count] = chunk?.orderTimeMs[from] ?? Number.NaN;
        count += 1;
      }
      from = 0;
    }
    return count;
  }

  async close(): Promise<void> {
    await this.pending?.catch(() => null);
    this.pending = null;
    this.connection?.closeSync();
    this.connection = null;
  }

  private sql(): string {
    return `${this.plan.sql} where file_row_number >= ${this.nextRowToLoad}`;
  }

  private request(): void {
    this.pending = this.result?.fetchChunk() ?? null;
    // A failure is seen by whoever awaits it; until then it must not count as unhandled.
    this.pending?.catch(() => null);
  }

  private async lookAhead(rowCount: number): Promise<void> {
    let known = this.ahead.reduce((sum, chunk) => sum + chunk.length, 0);
    while (known < rowCount && this.pending !== null) {
      const chunk = await this.pending;
      if (chunk === null || chunk.rowCount === 0) {
        this.pending = null;
        return;
      }
      this.request();
      this.collectChunks();
      const loaded = this.plan.load(chunk, this.nextRowToLoad);
      this.nextRowToLoad += loaded.length;
      this.ahead.push(loaded);
      known += loaded.length;
    }
  }

  private fillKeys(): void {
    if (this.chunk === null) return;
    const afterLength = Math.min(
      this.copyTimesAfter(this.chunk.length - 1, this.after, 0),
      LOOK_AHEAD_ROWS - 1,
    );
    fillMergeKeys(this.keys, {
      timesMs: this.chunk.orderTimeMs,
      length: this.chunk.length,
      afterMs: this.after,
      afterLength,
      previousKey: this.previousKey,
    });
  }
}
