const ENCODER = new TextEncoder();
const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/** The partition that Java's default partitioner gives a key. */
export function partitionOfKey(key: string, partitionCount: number): number {
  return (murmur2(ENCODER.encode(key)) & 0x7fffffff) % partitionCount;
}

/** MurmurHash2, 32 bits, as `org.apache.kafka.common.utils.Utils` has it. */
export function murmur2(bytes: Uint8Array): number {
  let hash = SEED ^ bytes.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const tail = bytes.length & ~3;
  for (let at = 0; at < tail; at += 4) {
    hash = Math.imul(hash, MULTIPLIER) ^ mixed(view.getInt32(at, true));
  }
  for (let at = bytes.length - 1; at >= tail; at -= 1) {
    hash ^= view.getUint8(at) << (8 * (at - tail));
  }
  if (bytes.length > tail) hash = Math.imul(hash, MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

function mixed(word: number): number {
  const scaled = Math.imul(word, MULTIPLIER);
  return Math.imul(scaled ^ (scaled >>> 24), MULTIPLIER);
}
