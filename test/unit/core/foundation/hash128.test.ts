import { describe, expect, it } from 'vitest';
import { hash128 } from '../../../../src/core/foundation/hash128.ts';

function hashOf(bytes: Uint8Array, seed = 0): Uint32Array {
  const out = new Uint32Array(4);
  hash128({ bytes, from: 0, to: bytes.length }, seed, out);
  return out;
}

describe('hash128', () => {
  it('gives the verification value that SMHasher holds for MurmurHash3_x86_128', () => {
    const hashes = new Uint8Array(16 * 256);
    const key = Uint8Array.from({ length: 256 }, (_, i) => i);
    for (let i = 0; i < 256; i += 1) {
      const words = hashOf(key.subarray(0, i), 256 - i);
      hashes.set(new Uint8Array(words.buffer), 16 * i);
    }
    expect(hashOf(hashes)[0]?.toString(16)).toBe('b3ece62a');
  });

  it('hashes a stretch in the middle as it hashes the stretch alone', () => {
    const bytes = new TextEncoder().encode('..request-0001..');
    const out = new Uint32Array(4);
    hash128({ bytes, from: 2, to: 14 }, 7, out);
    expect(out).toEqual(hashOf(new TextEncoder().encode('request-0001'), 7));
  });

  it('spreads ids that differ in one digit evenly over each of the four words', () => {
    const encoder = new TextEncoder();
    const count = 20_000;
    const cells = 64;
    const seen = Array.from({ length: 4 }, () => new Float64Array(cells));
    for (let i = 0; i < count; i += 1) {
      for (const [k, word] of hashOf(encoder.encode(`request-${i}`)).entries()) {
        const row = seen[k];
        if (row !== undefined) row[word % cells] = (row[word % cells] ?? 0) + 1;
      }
    }
    // Chi-square with 63 degrees of freedom: 103 is exceeded once in a thousand fair draws.
    const chiSquares = seen.map((row) =>
      row.reduce((sum, n) => sum + (n - count / cells) ** 2 / (count / cells), 0),
    );
    for (const value of chiSquares) expect(value).toBeLessThan(103);
  });

  it('gives another hash for another seed in every word', () => {
    const bytes = new TextEncoder().encode('r-1');
    const [zero, one] = [hashOf(bytes, 0), hashOf(bytes, 1)];
    for (let k = 0; k < 4; k += 1) expect(zero[k]).not.toBe(one[k]);
  });
});
