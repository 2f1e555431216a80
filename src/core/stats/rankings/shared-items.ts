import type { Ranking } from './ranking.ts';

/** What two rankings have in common, by how deep both must be read to see it. Used again and again. */
export interface SharedItems {
  /** Entry d - 1: items that are among the first d of both, and not among the first d - 1 of both. */
  readonly newAtDepth: Int32Array;
  count: number;
  shorterLength: number;
  longerLength: number;
}

/** Room for what rankings of so many items have in common. @example noSharedItems(10).count // 0 */
export function noSharedItems(itemCountMax: number): SharedItems {
  return {
    newAtDepth: new Int32Array(itemCountMax),
    count: 0,
    shorterLength: 0,
    longerLength: 0,
  };
}

/**
 * Finds the items that two rankings share. Compares each with each: rankings have at most a hundred
 * items, mostly ten, and a table would cost more.
 *
 * @example sharedItems(a, a, noSharedItems(10)).count // a.length
 */
export function sharedItems(a: Ranking, b: Ranking, into: SharedItems): SharedItems {
  const { newAtDepth } = into;
  newAtDepth.fill(0);
  into.count = 0;
  into.shorterLength = Math.min(a.length, b.length);
  into.longerLength = Math.max(a.length, b.length);
  for (let i = 0; i < a.length; i++) {
    const item = a.items[i];
    for (let j = 0; j < b.length; j++) {
      if (b.items[j] !== item) continue;
      const last = i > j ? i : j;
      newAtDepth[last] = (newAtDepth[last] ?? 0) + 1;
      into.count += 1;
      break;
    }
  }
  return into;
}
