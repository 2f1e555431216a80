/**
 * Predictions of one closed window that wait for outcomes, by column. A row is a request: both
 * arms' scores where both answered (NaN: that arm has none), and who was served.
 */
export interface AwaitingRows {
  readonly window: number;
  readonly length: number;
  /** The first 53 bits of the request's key, and 32 bits of its second key. */
  readonly key: Float64Array;
  readonly check: Uint32Array;
  readonly currentScore: Float64Array;
  readonly canaryScore: Float64Array;
  readonly marks: Uint8Array;
}

/** Bits of {@link AwaitingRows.marks}. */
export const AWAITS_PAIR = 1;
export const AWAITS_CURRENT_SERVED = 2;
export const AWAITS_CANARY_SERVED = 4;

/** 53 bits of a 64-bit key, as a number that a Map can hold. @example keyNumber(0, 2048) // 1 */
export function keyNumber(high: number, low: number): number {
  return high * 2 ** 21 + (low >>> 11);
}

/** Collects the rows of a window while it is open. */
export class AwaitingBuilder {
  readonly window: number;
  private length = 0;
  private key = new Float64Array(64);
  private check = new Uint32Array(64);
  private currentScore = new Float64Array(64);
  private canaryScore = new Float64Array(64);
  private marks = new Uint8Array(64);

  constructor(window: number) {
    this.window = window;
  }

  add(row: {
    key: number;
    check: number;
    currentScore: number;
    canaryScore: number;
    marks: number;
  }): void {
    const i = this.length++;
    if (i === this.key.length) this.grow();
    this.key[i] = row.key;
    this.check[i] = row.check;
    this.currentScore[i] = row.currentScore;
    this.canaryScore[i] = row.canaryScore;
    this.marks[i] = row.marks;
  }

  rows(): AwaitingRows {
    return {
      window: this.window,
      length: this.length,
      key: this.key.slice(0, this.length),
      check: this.check.slice(0, this.length),
      currentScore: this.currentScore.slice(0, this.length),
      canaryScore: this.canaryScore.slice(0, this.length),
      marks: this.marks.slice(0, this.length),
    };
  }

  private grow(): void {
    const n = this.key.length * 2;
    const grown = {
      key: new Float64Array(n),
      check: new Uint32Array(n),
      currentScore: new Float64Array(n),
      canaryScore: new Float64Array(n),
      marks: new Uint8Array(n),
    };
    grown.key.set(this.key);
    grown.check.set(this.check);
    grown.currentScore.set(this.currentScore);
    grown.canaryScore.set(this.canaryScore);
    grown.marks.set(this.marks);
    Object.assign(this, grown);
  }
}

const ROW_BYTES = 8 + 8 + 8 + 4 + 1;
const HEAD_BYTES = 16;

/** Rows as bytes (little endian), for a segment file. */
export function encodeAwaiting(rows: AwaitingRows): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + rows.length * ROW_BYTES);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, rows.window, true);
  view.setFloat64(8, rows.length, true);
  let at = HEAD_BYTES;
  for (let i = 0; i < rows.length; i++, at += ROW_BYTES) {
    view.setFloat64(at, rows.key[i] ?? 0, true);
    view.setFloat64(at + 8, rows.currentScore[i] ?? 0, true);
    view.setFloat64(at + 16, rows.canaryScore[i] ?? 0, true);
    view.setUint32(at + 24, rows.check[i] ?? 0, true);
    view.setUint8(at + 28, rows.marks[i] ?? 0);
  }
  return bytes;
}

/** The rows back; null when the bytes are not a whole segment. */
export function decodeAwaiting(bytes: Uint8Array): AwaitingRows | null {
  if (bytes.length < HEAD_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const window = view.getFloat64(0, true);
  const length = view.getFloat64(8, true);
  if (bytes.length !== HEAD_BYTES + length * ROW_BYTES) return null;
  const builder = new AwaitingBuilder(window);
  for (let i = 0, at = HEAD_BYTES; i < length; i++, at += ROW_BYTES) {
    builder.add({
      key: view.getFloat64(at, true),
      currentScore: view.getFloat64(at + 8, true),
      canaryScore: view.getFloat64(at + 16, true),
      check: view.getUint32(at + 24, true),
      marks: view.getUint8(at + 28),
    });
  }
  return builder.rows();
}
