import { STATUS_IGNORED, STATUS_USABLE } from '../../../core/events/batch.ts';
import { DEAD_LETTER_REASON_LIST } from '../../../core/events/dead-letter.ts';
import { defined } from '../../../core/foundation/assert.ts';
import { isLoneFuture, LOOK_AHEAD_ROWS } from '../../../core/join/lone-future.ts';
import type { FileCursor } from './cursor.ts';
import type { FaultyRow } from './letters.ts';
import { CHUNK_ROWS_MAX, type LoadedChunk } from './loaded-chunk.ts';
import { SIDES } from './options.ts';

/** A row at fault with its place in the log. */
export interface FaultyRecord extends FaultyRow {
  readonly sequence: number;
  /** A lone future record: not known to the selection, found while merging. */
  readonly isLone: boolean;
}

/** A stretch of merged records: one chunk at most of each side. */
export interface MergedStretch {
  readonly order: Int32Array;
  readonly length: number;
  readonly chunks: readonly (LoadedChunk | null)[];
  readonly faulty: readonly FaultyRecord[];
}

const OUTCOMES = SIDES.indexOf('outcomes');
const STATUS_FUTURE = 1 + DEAD_LETTER_REASON_LIST.indexOf('future');

/**
 * Merges the heads of all files into one order: by key, equal keys in the order of the files (current,
 * canary, outcomes). A stretch ends where a file needs its next chunk, or where another file of the
 * same side comes next. The order does not depend on where stretches or chunks are cut.
 */
export class FileMerge {
  clockMs: number;
  sequence: number;
  private readonly cursors: readonly FileCursor[];
  private readonly futureMaxMs: number;
  private readonly heads: Float64Array;
  private readonly nearby: Float64Array;
  private readonly order = new Int32Array(SIDES.length * CHUNK_ROWS_MAX);

  constructor(
    cursors: readonly FileCursor[],
    start: { readonly clockMs: number; readonly sequence: number },
    futureMaxMs: number,
  ) {
    this.cursors = cursors;
    this.clockMs = start.clockMs;
    this.sequence = start.sequence;
    this.futureMaxMs = futureMaxMs;
    this.heads = new Float64Array(cursors.length);
    this.nearby = new Float64Array(LOOK_AHEAD_ROWS * cursors.length);
  }

  /** The next stretch, or null when every file is read to its end. */
  async next(): Promise<MergedStretch | null> {
    for (;;) {
      await this.refill();
      const first = this.earliest();
      if (first < 0) return null;
      const cursor = defined(this.cursors[first], 'the earliest file');
      if (cursor.isOpen) return this.mergeStretch();
      await cursor.open();
    }
  }

  private async refill(): Promise<void> {
    for (const [k, cursor] of this.cursors.entries()) {
      if (cursor.isOpen && cursor.chunk !== null && cursor.row >= cursor.chunk.length) {
        await cursor.advance();
      }
      this.heads[k] = cursor.headKey;
    }
  }

  /** Position of the file whose head comes first, -1 at the end of all. */
  private earliest(): number {
    const { heads } = this;
    let best = -1;
    let bestKey = Number.POSITIVE_INFINITY;
    for (let k = 0; k < heads.length; k += 1) {
      const key = heads[k] ?? bestKey;
      if (key < bestKey) {
        best = k;
        bestKey = key;
      }
    }
    return best;
  }

  private mergeStretch(): MergedStretch {
    const { order, heads, cursors } = this;
    const chunks: (LoadedChunk | null)[] = SIDES.map(() => null);
    const faulty: FaultyRecord[] = [];
    let length = 0;
    for (let k = this.earliest(); k >= 0; k = this.earliest()) {
      const cursor = cursors[k];
      const chunk = cursor?.chunk;
      if (cursor === undefined || !chunk || !cursor.isOpen) break;
      const { side } = cursor.plan;
      chunks[side] ??= chunk;
      if (chunks[side] !== chunk) break;
      const { row } = cursor;
      order[length] = (row << 2) | side;
      if (chunk.status[row] === STATUS_USABLE) this.watchClock(k, cursor, chunk);
      if (chunk.status[row] !== STATUS_USABLE && chunk.status[row] !== STATUS_IGNORED) {
        const isLone = chunk.problemCode(row) === 0;
        const { plan } = cursor;
        faulty.push({ sequence: this.sequence + length, plan, chunk, row, isLone });
      }
      length += 1;
      cursor.previousKey = cursor.keys[row] ?? 0;
      cursor.row = row + 1;
      if (cursor.row >= chunk.length) break;
      heads[k] = cursor.keys[row + 1] ?? 0;
    }
    this.sequence += length;
    return { order, length, chunks, faulty };
  }

  /**
   * Moves the log's clock with a usable prediction, unless it is a lone record far ahead: that one
   * becomes a dead letter. Outcomes do not move it: they come when they come, and no window waits.
   */
  private watchClock(k: number, cursor: FileCursor, chunk: LoadedChunk): void {
    if (cursor.plan.side === OUTCOMES) return;
    const { row } = cursor;
    const time = chunk.eventTimeMs[row] ?? Number.NaN;
    if (!(time > this.clockMs)) return;
    if (time > this.clockMs + this.futureMaxMs && this.isLone(k, cursor, chunk)) {
      chunk.status[row] = STATUS_FUTURE;
    } else {
      this.clockMs = time;
    }
  }

  private isLone(k: number, cursor: FileCursor, chunk: LoadedChunk): boolean {
    const arrival = chunk.arrivalTimeMs[cursor.row] ?? Number.NaN;
    // With an arrival time the selection has compared the two already.
    if (arrival === arrival) return false;
    let count = 0;
    for (const [other, { row }] of this.cursors.entries()) {
      const from = other === k ? cursor.row : row - 1;
      count += this.cursors[other]?.copyTimesAfter(from, this.nearby, count) ?? 0;
    }
    return isLoneFuture({
      timeMs: chunk.eventTimeMs[cursor.row] ?? Number.NaN,
      clockMs: this.clockMs,
      futureMaxMs: this.futureMaxMs,
      nearbyMs: this.nearby,
      nearbyLength: count,
    });
  }
}
