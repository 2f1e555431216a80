import type { ByteRange } from '../../../core/foundation/hash128.ts';

/** Beyond this a whole number in a double is another number than was written. */
const EXACT_MAX = Number.MAX_SAFE_INTEGER;
const VARINT_BYTES_MAX = 10;
const text = new TextDecoder();
/** Beyond this a native call is faster than characters by hand. */
const SHORT_TEXT = 24;

/**
 * A place in the bytes of one Avro value. Positions are those of the underlying memory: the records of
 * a fetched batch share it, so that hardly ever a view is made for a record. Reading past the end is
 * noted in `failed` and never throws; what was read then means nothing.
 */
export class ByteReader implements ByteRange {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(this.bytes.buffer);
  at = 0;
  end = 0;
  failed = false;
  /** The text or bytes that were read last. */
  from = 0;
  to = 0;

  /** Begins to read a value, `skip` bytes behind its start. */
  open(value: Uint8Array, skip: number): void {
    if (value.buffer !== this.bytes.buffer) {
      this.bytes = new Uint8Array(value.buffer);
      this.view = new DataView(value.buffer);
    }
    this.at = value.byteOffset + skip;
    this.end = value.byteOffset + value.byteLength;
    this.failed = this.at > this.end;
  }

  /** Whether all was read, and no more. */
  isDone(): boolean {
    return !this.failed && this.at === this.end;
  }

  boolean(): boolean {
    this.need(1);
    const byte = this.bytes[this.at++] ?? 0;
    if (byte > 1) this.failed = true;
    return byte === 1;
  }

  /** An int or a long; one that no double holds exactly is an infinity. */
  long(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] ?? 0;
    let low = byte & 0x7f;
    let shift = 7;
    while (byte > 0x7f && shift < 28) {
      byte = bytes[this.at++] ?? 0;
      low |= (byte & 0x7f) << shift;
      shift += 7;
    }
    if (byte > 0x7f) return this.longRest(low);
    if (this.at > this.end) this.failed = true;
    return (low >>> 1) ^ -(low & 1);
  }

  float(): number {
    if (!this.need(4)) return 0;
    const value = this.view.getFloat32(this.at, true);
    this.at += 4;
    return value;
  }

  double(): number {
    if (!this.need(8)) return 0;
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  /** Notes where the next string or bytes lie, and goes behind them. */
  range(): void {
    const length = this.long();
    const from = this.at;
    if (!(length >= 0 && length <= this.end - from)) {
      this.failed = true;
      this.from = this.to = from;
      return;
    }
    this.from = from;
    this.to = from + length;
    this.at = this.to;
  }

  /** The text of the range that was read last. */
  text(): string {
    return textOf(this);
  }

  skip(count: number): void {
    this.at += count;
    if (this.at > this.end) this.failed = true;
  }

  /** How many items the next block of a list or a map has: 0 at its end. */
  block(): number {
    const count = this.long();
    if (count >= 0) return this.checked(count);
    this.long();
    return this.checked(-count);
  }

  /** Items of no bytes at all could be claimed without end: a record has at most one item per byte. */
  private checked(count: number): number {
    if (count <= this.end - this.at) return count;
    this.failed = true;
    return 0;
  }

  /** The bytes beyond the first four of a long one. */
  private longRest(first28: number): number {
    let high = 0;
    let scale = 1;
    let count = 4;
    let byte = 0x80;
    while (byte > 0x7f && count < VARINT_BYTES_MAX) {
      byte = this.bytes[this.at++] ?? 0;
      high += (byte & 0x7f) * scale;
      scale *= 128;
      count += 1;
    }
    if (byte > 0x7f || this.at > this.end) this.failed = true;
    // Zigzag: the lowest bit is the sign, so half of the rest is the magnitude.
    const magnitude = high * 2 ** 27 + (first28 >>> 1);
    const value = (first28 & 1) === 0 ? magnitude : -magnitude - 1;
    return Math.abs(value) <= EXACT_MAX ? value : value < 0 ? -Infinity : Infinity;
  }

  private need(count: number): boolean {
    if (this.at + count <= this.end) return true;
    this.failed = true;
    return false;
  }
}

/** The text of a stretch of UTF-8. */
export function textOf(range: Readonly<ByteRange>): string {
  const { bytes, from, to } = range;
  if (to - from <= SHORT_TEXT) {
    let result = '';
    for (let at = from; at < to; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte > 127) return text.decode(bytes.subarray(from, to));
      result += String.fromCharCode(byte);
    }
    return result;
  }
  return text.decode(bytes.subarray(from, to));
}
