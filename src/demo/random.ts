/**
 * A reproducible stream of numbers in [0, 1): the demo draws the same samples on every machine.
 * The generator is mulberry32 (Tommy Ettinger, public domain).
 *
 * @example randomStream(1)() // 0.6270739405881613
 */
export function randomStream(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A bell-shaped number with mean 0 and standard deviation 1 (Box and Muller), from two draws. */
export function standardNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** `size` of the rows 0 ... rowCount - 1 in rising order, each subset equally likely (Knuth's algorithm S). */
export function sampleRows(
  rowCount: number,
  size: number,
  random: () => number,
): Int32Array<ArrayBuffer> {
  const chosen = new Int32Array(Math.min(size, rowCount));
  let taken = 0;
  for (let row = 0; row < rowCount && taken < chosen.length; row++) {
    if (random() * (rowCount - row) < chosen.length - taken) chosen[taken++] = row;
  }
  return chosen;
}
