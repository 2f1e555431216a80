import { emptyRanking, type Ranking, readRanking } from '../../src/core/stats/rankings/ranking.ts';
import {
  noSharedItems,
  type SharedItems,
  sharedItems,
} from '../../src/core/stats/rankings/shared-items.ts';

const ROOM = 100;

/** A ranking of the letters of a text. */
export function rankingOf(letters: string): Ranking {
  const words = Uint32Array.from(letters, (letter) => letter.codePointAt(0) ?? 0);
  return readRanking(words, 0, emptyRanking(ROOM));
}

/** What the rankings of two texts share. */
export function sharedBy(a: string, b: string, into = noSharedItems(ROOM)): SharedItems {
  return sharedItems(rankingOf(a), rankingOf(b), into);
}
