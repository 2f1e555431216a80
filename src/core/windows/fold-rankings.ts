import type { RankingRule } from '../events/plan.ts';
import { overlapOf } from '../stats/rankings/overlap.ts';
import { rankBiasedOverlap } from '../stats/rankings/rank-biased-overlap.ts';
import { emptyRanking, readRanking } from '../stats/rankings/ranking.ts';
import { noSharedItems, sharedItems } from '../stats/rankings/shared-items.ts';
import { bump } from './fold-fields.ts';
import { countOffset, layoutOf, sumOffset } from './layout.ts';
import { fixedPoint } from './partial.ts';
import type { PartialPool } from './partial-pool.ts';
import { OVERLAP_SCALE_BITS, overlapCell } from './scales.ts';

/** A reader goes on from each place of a ranking to the next in nine of ten cases. */
export const PERSISTENCE = 0.9;

const FIRST_ITEM_CHANGED = countOffset('firstItemChanged');
const OVERLAP_CELLS = layoutOf(null).overlapCells;
const OVERLAP_SUM = sumOffset('overlap');
const RANK_BIASED_OVERLAP_SUM = sumOffset('rankBiasedOverlap');

/** Both arms' rankings of one pair. */
export interface RankingPair {
  readonly handle: number;
  readonly current: Uint32Array | null;
  readonly currentAt: number;
  readonly canary: Uint32Array | null;
  readonly canaryAt: number;
}

const NO_ITEMS = new Uint32Array(0);

/** Folds what two rankings of one request show, and says whether they agree. */
export class RankingFold {
  private readonly rule: RankingRule;
  private readonly from: ReturnType<typeof emptyRanking>;
  private readonly to: ReturnType<typeof emptyRanking>;
  private readonly shared: ReturnType<typeof noSharedItems>;

  constructor(rule: RankingRule) {
    this.rule = rule;
    this.from = emptyRanking(rule.itemCount);
    this.to = emptyRanking(rule.itemCount);
    this.shared = noSharedItems(rule.itemCount);
  }

  /** Whether the pair agrees; null where neither arm ranked anything. */
  add(pool: PartialPool, pair: RankingPair): boolean | null {
    const { itemCount, overlapMin } = this.rule;
    const from = readRanking(pair.current ?? NO_ITEMS, pair.currentAt * itemCount, this.from);
    const to = readRanking(pair.canary ?? NO_ITEMS, pair.canaryAt * itemCount, this.to);
    const shared = sharedItems(from, to, this.shared);
    const overlap = overlapOf(shared);
    if (overlap === null) return null;
    const { counts, sumLow } = pool;
    const base = pair.handle * pool.countStride;
    bump(counts, base + OVERLAP_CELLS + overlapCell(shared.count, shared.longerLength));
    const isChanged = from.length === 0 || to.length === 0 || from.items[0] !== to.items[0];
    if (isChanged) bump(counts, base + FIRST_ITEM_CHANGED);
    const sum = pair.handle * pool.sumStride;
    const biased = rankBiasedOverlap(shared, PERSISTENCE) ?? 0;
    addUnits(sumLow, sum + OVERLAP_SUM, overlap);
    addUnits(sumLow, sum + RANK_BIASED_OVERLAP_SUM, biased);
    return overlap >= overlapMin;
  }
}

function addUnits(sums: Float64Array, at: number, value: number): void {
  sums[at] = (sums[at] ?? 0) + fixedPoint(value, OVERLAP_SCALE_BITS);
}
