import { PERSISTENCE } from './fold-rankings.ts';

/** What two rankings show. */
export interface PlainApart {
  readonly overlap: number;
  readonly rankBiasedOverlap: number;
  readonly isFirstChanged: boolean;
}

/**
 * The comparison of `fold-rankings.ts` in plain words: lists of texts, and the formula as it is
 * printed. Null where both lists are empty.
 */
export function comparePlainly(
  current: readonly string[],
  canary: readonly string[],
  itemCount: number,
): PlainApart | null {
  const lists = [current, canary].map((items) => [...new Set(items.slice(0, itemCount))]);
  const [shorter = [], longer = []] = lists.toSorted((a, b) => a.length - b.length);
  if (longer.length === 0) return null;
  const shared = (depth: number): number =>
    shorter.slice(0, depth).filter((item) => longer.slice(0, depth).includes(item)).length;
  return {
    overlap: shared(longer.length) / longer.length,
    rankBiasedOverlap: plainBiased(shared, shorter.length, longer.length),
    isFirstChanged: current[0] !== canary[0],
  };
}

/** RBO_EXT of Webber, Moffat & Zobel (2010), equation 32. */
function plainBiased(shared: (depth: number) => number, s: number, l: number): number {
  if (s === 0) return 0;
  const p = PERSISTENCE;
  let seen = 0;
  let extended = 0;
  for (let d = 1; d <= l; d++) seen += (shared(d) / d) * p ** d;
  for (let d = s + 1; d <= l; d++) extended += ((shared(s) * (d - s)) / (s * d)) * p ** d;
  const rest = ((shared(l) - shared(s)) / l + shared(s) / s) * p ** l;
  return ((1 - p) / p) * (seen + extended) + rest;
}
