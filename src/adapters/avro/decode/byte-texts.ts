import type { ByteRange } from '../../../core/foundation/hash128.ts';
import { textOf } from './byte-reader.ts';

const START_BYTES = 4096;

/** Texts of rows, as bytes one behind the other: a string is made only when somebody asks. */
export class ByteTexts {
  private bytes = new Uint8Array(START_BYTES);
  private ends = new Int32Array(256);
  private count = 0;

  get length(): number {
    return this.count;
  }

  reset(): void {
    this.count = 0;
  }

  push({ bytes, from, to }: Readonly<ByteRange>): void {
    const start = this.count === 0 ? 0 : (this.ends[this.count - 1] ?? 0);
    const end = start + to - from;
    if (end > this.bytes.length) this.bytes = enlarged(this.bytes, new Uint8Array(2 * end));
    if (this.count === this.ends.length)
      this.ends = enlarged(this.ends, new Int32Array(2 * this.count));
    const mine = this.bytes;
    for (let at = from, place = start; place < end; at += 1, place += 1)
      mine[place] = bytes[at] ?? 0;
    this.ends[this.count] = end;
    this.count += 1;
  }

  /** A copy of the texts of some rows, in memory of their own. */
  pick(rows: Int32Array): (row: number) => string {
    let size = 0;
    for (const row of rows) size += this.end(row) - this.start(row);
    const bytes = new Uint8Array(size);
    const ends = new Int32Array(rows.length);
    let at = 0;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] ?? 0;
      const start = this.start(row);
      const end = this.end(row);
      for (let from = start; from < end; from += 1, at += 1) bytes[at] = this.bytes[from] ?? 0;
      ends[i] = at;
    }
    return (row) =>
      textOf({ bytes, from: row === 0 ? 0 : (ends[row - 1] ?? 0), to: ends[row] ?? 0 });
  }

  lengthOf(row: number): number {
    return this.end(row) - this.start(row);
  }

  private start(row: number): number {
    return row === 0 ? 0 : (this.ends[row - 1] ?? 0);
  }

  private end(row: number): number {
    return this.ends[row] ?? 0;
  }
}

function enlarged<A extends Uint8Array | Int32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
