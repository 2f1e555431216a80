import { type ByteRange, hash128 } from '../../../core/foundation/hash128.ts';
import { textOf } from './byte-reader.ts';

const START_SIZE = 1024;
const START_BYTES = 16 * 1024;
/** Texts that are remembered at most when a batch begins: then all are forgotten. */
export const TEXT_COUNT_MAX = 100_000;
/** Longer texts are not worth their place; they are remembered for one batch like any other. */
const encoder = new TextEncoder();

/**
 * Numbers for texts by their bytes, from 1: a text that was seen before costs no string. Numbers hold
 * until `tidy` forgets them, which `generation` tells.
 */
export class Interner {
  generation = 0;
  private texts: string[] = [''];
  private table = new Int32Array(2 * START_SIZE);
  private hashes = new Int32Array(START_SIZE);
  private ends = new Int32Array(START_SIZE);
  private pool = new Uint8Array(START_BYTES);
  /** Two words of a hash of each text, for digests. */
  private words = new Uint32Array(2 * START_SIZE);
  private readonly out = new Uint32Array(4);
  private readonly encoded: ByteRange = { bytes: new Uint8Array(64), from: 0, to: 0 };

  get size(): number {
    return this.texts.length - 1;
  }

  /** Forgets all texts when there are too many. Call it between batches. */
  tidy(countMax = TEXT_COUNT_MAX): void {
    if (this.size <= countMax) return;
    this.generation += 1;
    this.texts = [''];
    this.table = new Int32Array(2 * START_SIZE);
    this.hashes = new Int32Array(START_SIZE);
    this.ends = new Int32Array(START_SIZE);
    this.pool = new Uint8Array(START_BYTES);
    this.words = new Uint32Array(2 * START_SIZE);
  }

  textOf(id: number): string {
    return this.texts[id] ?? '';
  }

  /** First word of the content hash of a text. */
  low(id: number): number {
    return this.words[2 * id] ?? 0;
  }

  high(id: number): number {
    return this.words[2 * id + 1] ?? 0;
  }

  idOfText(text: string): number {
    const { encoded } = this;
    if (encoded.bytes.length < 3 * text.length) encoded.bytes = new Uint8Array(6 * text.length);
    encoded.to = encoder.encodeInto(text, encoded.bytes).written;
    return this.idOf(encoded);
  }

  idOf(range: Readonly<ByteRange>): number {
    const { bytes, from, to } = range;
    let hash = to - from;
    for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
    hash ^= hash >>> 15;
    const { table, hashes } = this;
    const mask = table.length - 1;
    let at = hash & mask;
    for (let id = table[at] ?? 0; id !== 0; id = table[at] ?? 0) {
      if (hashes[id] === hash && this.holds(id, range)) return id;
      at = (at + 1) & mask;
    }
    return this.add(range, hash);
  }

  private holds(id: number, { bytes, from, to }: Readonly<ByteRange>): boolean {
    const { pool, ends } = this;
    const start = ends[id - 1] ?? 0;
    if ((ends[id] ?? 0) - start !== to - from) return false;
    for (let at = from, mine = start; at < to; at += 1, mine += 1)
      if (pool[mine] !== bytes[at]) return false;
    return true;
  }

  private add(range: Readonly<ByteRange>, hash: number): number {
    const id = this.texts.push(textOf(range)) - 1;
    if (2 * id >= this.table.length) this.grow();
    const { bytes, from, to } = range;
    const start = this.ends[id - 1] ?? 0;
    const end = start + to - from;
    if (end > this.pool.length) this.pool = enlarged(this.pool, new Uint8Array(2 * end));
    this.pool.set(bytes.subarray(from, to), start);
    this.hashes[id] = hash;
    this.ends[id] = end;
    hash128(range, 0, this.out);
    this.words[2 * id] = this.out[0] ?? 0;
    this.words[2 * id + 1] = this.out[1] ?? 0;
    this.place(id);
    return id;
  }

  private place(id: number): void {
    const { table } = this;
    const mask = table.length - 1;
    let at = (this.hashes[id] ?? 0) & mask;
    while (table[at] !== 0) at = (at + 1) & mask;
    table[at] = id;
  }

  private grow(): void {
    const size = 2 * this.hashes.length;
    this.hashes = enlarged(this.hashes, new Int32Array(size));
    this.ends = enlarged(this.ends, new Int32Array(size));
    this.words = enlarged(this.words, new Uint32Array(2 * size));
    this.table = new Int32Array(2 * size);
    // The newest is placed by whoever made room for it.
    for (let id = 1; id < this.size; id += 1) this.place(id);
  }
}

function enlarged<A extends Uint8Array | Int32Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
