/** A stretch of bytes: `from` is its first, `to` is behind its last. */
export interface ByteRange {
  bytes: Uint8Array;
  from: number;
  to: number;
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93;

/** The four words of the state, kept apart from any call: nothing is allocated for a hash. */
const h = new Int32Array(4);
const tail = new Int32Array(4);

/**
 * MurmurHash3 x86 128-bit: four unsigned 32-bit words, written to `out[0..3]`. Two halves of it are two
 * independent 64-bit hashes in one pass over the bytes. The same in every process and run. An empty
 * range with seed 0 gives zeros. Source: SMHasher, MurmurHash3.cpp.
 *
 * @example hash128({ bytes: new Uint8Array(0), from: 0, to: 0 }, 0, out) // out is 0, 0, 0, 0
 */
export function hash128(range: ByteRange, seed: number, out: Uint32Array): void {
  const { bytes, from, to } = range;
  const length = to - from;
  const blocksEnd = from + (length & ~15);
  h.fill(seed);
  for (let at = from; at < blocksEnd; at += 16) mixBlock(bytes, at);
  if (blocksEnd < to) mixTail(bytes, blocksEnd, to);
  finish(length);
  out.set(h);
}

function rotated(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  );
}

function mixBlock(bytes: Uint8Array, at: number): void {
  let h1 = h[0] ?? 0;
  let h2 = h[1] ?? 0;
  let h3 = h[2] ?? 0;
  let h4 = h[3] ?? 0;
  h1 ^= Math.imul(rotated(Math.imul(word(bytes, at), C1), 15), C2);
  h1 = (Math.imul(rotated(h1, 19) + h2, 5) + 0x561ccd1b) | 0;
  h2 ^= Math.imul(rotated(Math.imul(word(bytes, at + 4), C2), 16), C3);
  h2 = (Math.imul(rotated(h2, 17) + h3, 5) + 0x0bcaa747) | 0;
  h3 ^= Math.imul(rotated(Math.imul(word(bytes, at + 8), C3), 17), C4);
  h3 = (Math.imul(rotated(h3, 15) + h4, 5) + 0x96cd1c35) | 0;
  h4 ^= Math.imul(rotated(Math.imul(word(bytes, at + 12), C4), 18), C1);
  h4 = (Math.imul(rotated(h4, 13) + h1, 5) + 0x32ac3b17) | 0;
  h[0] = h1;
  h[1] = h2;
  h[2] = h3;
  h[3] = h4;
}

function mixTail(bytes: Uint8Array, from: number, to: number): void {
  tail.fill(0);
  for (let at = from; at < to; at += 1) {
    const i = at - from;
    tail[i >> 2] = (tail[i >> 2] ?? 0) | ((bytes[at] ?? 0) << (8 * (i & 3)));
  }
  const k1 = tail[0] ?? 0;
  const k2 = tail[1] ?? 0;
  const k3 = tail[2] ?? 0;
  const k4 = tail[3] ?? 0;
  h[0] = (h[0] ?? 0) ^ Math.imul(rotated(Math.imul(k1, C1), 15), C2);
  h[1] = (h[1] ?? 0) ^ Math.imul(rotated(Math.imul(k2, C2), 16), C3);
  h[2] = (h[2] ?? 0) ^ Math.imul(rotated(Math.imul(k3, C3), 17), C4);
  h[3] = (h[3] ?? 0) ^ Math.imul(rotated(Math.imul(k4, C4), 18), C1);
}

function finish(length: number): void {
  let h1 = h[0] ?? 0;
  let h2 = h[1] ?? 0;
  let h3 = h[2] ?? 0;
  let h4 = h[3] ?? 0;
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = avalanche((h2 + h1) | 0);
  h3 = avalanche((h3 + h1) | 0);
  h4 = avalanche((h4 + h1) | 0);
  h1 = avalanche(h1);
  h1 = (h1 + h2 + h3 + h4) | 0;
  h[0] = h1;
  h[1] = h2 + h1;
  h[2] = h3 + h1;
  h[3] = h4 + h1;
}

function avalanche(x: number): number {
  let y = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  y = Math.imul(y ^ (y >>> 13), 0xc2b2ae35);
  return y ^ (y >>> 16);
}
