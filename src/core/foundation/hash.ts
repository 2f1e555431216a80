import murmurhash from 'murmurhash';

const HASH_SPACE = 2 ** 32;

/**
 * MurmurHash3 x86 32-bit of the UTF-8 bytes of a text, seed 0, as an unsigned integer in [0, 2^32).
 * Every language has this hash, so any router can place a unit where coalmine places it. A lone
 * surrogate is hashed as U+FFFD, as every UTF-8 encoder writes it. Each use of the hash puts its own
 * prefix before the text, so that two uses never share their coin.
 *
 * @example murmur3('user-12345') // 2833417888
 */
export function murmur3(text: string): number {
  return murmurhash.v3(text, 0);
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
