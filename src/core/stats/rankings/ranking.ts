/** A ranking, each item by a number of its own (never 0): different ones, in rank order. Used again and again. */
export interface Ranking {
  readonly items: Uint32Array;
  length: number;
}

/** Room for a ranking of so many items. @example emptyRanking(10).length // 0 */
export function emptyRanking(itemCountMax: number): Ranking {
  return { items: new Uint32Array(itemCountMax), length: 0 };
}

/**
 * Reads the ranking that begins at a position of `words`: as many as `into` has room for, ended by
 * the first 0. An item that comes again counts at its first place, and those behind it move up.
 *
 * @example readRanking(Uint32Array.of(7, 9, 7, 0), 0, emptyRanking(4)).length // 2
 */
export function readRanking(words: Uint32Array, at: number, into: Ranking): Ranking {
  const { items } = into;
  let length = 0;
  for (let i = at; i < at + items.length; i++) {
    const item = words[i] ?? 0;
    if (item === 0) break;
    let place = 0;
    while (place < length && items[place] !== item) place += 1;
    if (place === length) items[length++] = item;
  }
  into.length = length;
  return into;
}
