import type { RankingRule } from '../../events/plan.ts';
import type { RankingNumbers } from '../../windows/summary.ts';
import { figure, percent } from '../sentence.ts';
import { addCounts, type Counts, noTallies, stageCounts, type Tallies } from '../tallies.ts';
import type { RateView } from './rate-test.ts';

type Apart = 'compared' | 'firstItemChanged' | 'overlap' | 'rankBiasedOverlap';

/** How far rankings lie apart, for the sentence: the decision is made on counts of pairs. */
export type RankingTallies = Tallies<Apart>;

const NOTHING = { compared: 0, firstItemChanged: 0, overlap: 0, rankBiasedOverlap: 0 };

/** @example noRankings().total.compared // 0 */
export function noRankings(): RankingTallies {
  return noTallies(NOTHING);
}

/** Adds one window's rankings; null is a window without any. */
export function addRankings(
  tallies: RankingTallies,
  numbers: RankingNumbers | null,
  stageFromMs: number | null,
): RankingTallies {
  const counts =
    numbers === null
      ? NOTHING
      : {
          compared: numbers.compared,
          firstItemChanged: numbers.firstItemChanged,
          overlap: numbers.overlapSum,
          rankBiasedOverlap: numbers.rankBiasedOverlapSum,
        };
  return addCounts(tallies, counts, stageFromMs);
}

/**
 * What it is that rankings do when they disagree, without "up" or "down": they have no direction.
 *
 * @example rankingsDiffer({ itemCount: 10, overlapMin: 0.6 }) // 'the first 10 items overlap by less than 60 %'
 */
export function rankingsDiffer({ itemCount, overlapMin }: RankingRule): string {
  if (itemCount === 1) return 'the first item differs';
  return `the first ${itemCount} items overlap by less than ${percent(overlapMin)}`;
}

/**
 * The means behind a rate of rankings that disagree, over the same windows; nothing without a pair.
 *
 * @example '; the first item changed in 31 %, mean overlap 0.71, RBO 0.78'
 */
export function rankingMeans(
  tallies: RankingTallies,
  { over }: Pick<RateView, 'over'>,
  stageFromMs: number,
): string {
  const counts: Counts<Apart> =
    over === 'stage' ? stageCounts(tallies, stageFromMs) : tallies[over];
  const { compared, firstItemChanged, overlap, rankBiasedOverlap } = counts;
  if (compared === 0) return '';
  return (
    `; the first item changed in ${percent(firstItemChanged / compared)}, ` +
    `mean overlap ${figure(overlap / compared)}, RBO ${figure(rankBiasedOverlap / compared)}`
  );
}
