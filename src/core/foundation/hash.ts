import murmurhash from 'murmurhash';

const HASH_SPACE = 2 ** 32;
const ASCII_LENGTH_MAX = 256;

const asciiBytes = new Uint8Array(ASCII_LENGTH_MAX);
/** The first n bytes, for every n: made once, as a view costs as much as a hash. */
const asciiPrefixes = Array.from({ length: ASCII_LENGTH_MAX + 1 }, (_, n) =>
  asciiBytes.subarray(0, n),
);

/**
 * MurmurHash3 x86 32-bit of the UTF-8 bytes of a text, seed 0, as an unsigned integer in [0, 2^32).
 * Every language has this hash, so any router can place a unit where coalmine places it. A lone
 * surrogate is hashed as U+FFFD, as every UTF-8 encoder writes it. Each use of the hash puts its own
 * prefix before the text, so that two uses never share their coin.
 *
 * @example murmur3('user-12345') // 2833417888
 */
export function murmur3(text: string): number {
  // Ids are short and ASCII as a rule: copying them by hand is 2.5 times faster than encoding them.
  return murmurhash.v3(asciiOf(text) ?? text, 0);
}

/** The bytes of a short ASCII text, valid until the next call; null for any other text. */
function asciiOf(text: string): Uint8Array | null {
  const bytes = asciiPrefixes[text.length];
  if (bytes === undefined) return null;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 127) return null;
    bytes[i] = code;
  }
  return bytes;
}

/**
 * The bucket in [0, total) of a 32-bit hash: floor(hash * total / 2^32). Multiply and shift, not the
 * remainder: equal slices of the hash space, so a growing share only ever moves units one way.
 * Exact while total < 2^21 (the product stays a safe integer) and, by the split below, up to 2^31.
 *
 * @example bucketOf(1255247741, 10_000) // 2922
 */
export function bucketOf(hash: number, total: number): number {
  const product = hash * total;
  if (product <= Number.MAX_SAFE_INTEGER) return Math.floor(product / HASH_SPACE);
  // Two 16-bit halves of the hash keep every product below 2^47.
  const high = Math.floor(hash / 65_536) * total;
  const low = (hash % 65_536) * total;
  return Math.floor((high + Math.floor(low / 65_536)) / 65_536);
}
