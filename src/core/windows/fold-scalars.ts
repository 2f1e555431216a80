import type { BatchSchema } from '../events/batch.ts';
import type { DecisionRule } from '../events/plan.ts';
import { RESOLVED_MAX, type ResolvedRows } from '../join/resolved.ts';
import { FOLD_CURRENT, MARK_ERROR, MARK_SERVED } from '../join/slots.ts';
import type { PairRows } from './fold-fields.ts';
import { bump, SATURATION } from './fold-fields.ts';
import { RankingFold } from './fold-rankings.ts';
import { CUT_SUMS, countOffset, layoutOf, sumOffset } from './layout.ts';
import type { PartialPool } from './partial-pool.ts';
import { DIFFERENCE_EDGES, latencyCell } from './scales.ts';

/** The columns of one arm, be they a batch's or the slots'. */
export interface ScoreColumns {
  readonly eventTimeMs: Float64Array;
  readonly latencyMs: Float64Array;
  readonly samplingFraction: Float64Array;
  readonly numbers: readonly Float64Array[];
  readonly codes: readonly (Int32Array | Uint16Array)[];
  readonly rankedItems: Uint32Array | null;
}

/** One arm's side of a list of rows. `marksAt` null: marks stand by list position. */
export interface ArmColumns {
  readonly columns: ScoreColumns;
  readonly at: Int32Array;
  readonly marks: Uint8Array;
  readonly marksAt: Int32Array | null;
}

/**
 * Filled and read within one call: a process with thousands of partitions has it once.
 */
const SCRATCH = {
  flip: new Uint8Array(RESOLVED_MAX),
  difference: new Float64Array(RESOLVED_MAX),
  differenceSquare: new Float64Array(RESOLVED_MAX),
  countBase: new Int32Array(RESOLVED_MAX),
  sumBase: new Int32Array(RESOLVED_MAX),
  single: new Int32Array(RESOLVED_MAX),
};

/** Largest difference in fixed point whose square is still summed exactly. */
export const DIFFERENCE_MAX = 2 ** 20;

const FLIP_NONE = 0;
const FLIP_UP = 1;
const FLIP_DOWN = 2;
const FLIP_UNKNOWN = 3;

const ARM_COUNTS = [
  {
    predictions: countOffset('currentPredictions'),
    served: countOffset('currentServed'),
    errors: countOffset('currentErrors'),
    scores: countOffset('currentScores'),
    score: sumOffset('currentScore'),
    latency: layoutOf(null).currentLatency,
    cut: CUT_SUMS.current,
    cutSquare: CUT_SUMS.currentSquare,
  },
  {
    predictions: countOffset('canaryPredictions'),
    served: countOffset('canaryServed'),
    errors: countOffset('canaryErrors'),
    scores: countOffset('canaryScores'),
    score: sumOffset('canaryScore'),
    latency: layoutOf(null).canaryLatency,
    cut: CUT_SUMS.canary,
    cutSquare: CUT_SUMS.canarySquare,
  },
] as const;
const COMPARED = countOffset('compared');
const FLIPS_UP = countOffset('flipsUp');
const FLIPS_DOWN = countOffset('flipsDown');
const BOTH_POSITIVE = countOffset('bothPositive');
const BOTH_NEGATIVE = countOffset('bothNegative');
const ERRORS_BOTH = countOffset('errorsBoth');
const ERRORS_CURRENT = countOffset('errorsCurrentOnly');
const ERRORS_CANARY = countOffset('errorsCanaryOnly');
const DIFFERENCES = countOffset('differences');
const CLAMPED = countOffset('clamped');
const DIFFERENCE_SUM = sumOffset('difference');
const DIFFERENCE_SQUARE_SUM = sumOffset('differenceSquare');
const DIFFERENCE_CELLS = layoutOf(null).differenceCells;

/**
 * What each pair shows by itself: who failed, whether the decisions differ and which way, how far
 * apart the scores are. The results stay in arrays for the loops over fields that follow.
 */
export class PairScalars {
  private readonly scoreColumn: number;
  private readonly labelColumn: number;
  private readonly labels: readonly string[];
  private labelRank: Float64Array;
  private readonly threshold: number;
  private readonly tolerance: number;
  private readonly rankings: RankingFold | null;
  private readonly flip: Uint8Array;
  private readonly difference: Float64Array;
  private readonly differenceSquare: Float64Array;
  private readonly countBase: Int32Array;
  private readonly sumBase: Int32Array;
  private readonly single: Int32Array;
  private rowOfLabel: { readonly layout: PartialPool['layout']; readonly rows: Int32Array } | null =
    null;
  rows: PairRows;

  constructor(schema: BatchSchema, decision: DecisionRule) {
    this.scoreColumn = schema.layout.numbers.findIndex((field) => field.name === 'score');
    this.labelColumn = schema.layout.categories.findIndex((field) => field.name === 'label');
    this.labels = schema.dictionaries[this.labelColumn]?.values ?? [];
    this.labelRank = ranks(this.labels);
    this.threshold = decision.threshold ?? Number.NaN;
    this.tolerance = decision.tolerance ?? Number.NaN;
    this.rankings = decision.ranking === null ? null : new RankingFold(decision.ranking);
    this.flip = SCRATCH.flip;
    this.difference = SCRATCH.difference;
    this.differenceSquare = SCRATCH.differenceSquare;
    this.countBase = SCRATCH.countBase;
    this.sumBase = SCRATCH.sumBase;
    this.single = SCRATCH.single;
    const none = new Int32Array(0);
    this.rows = {
      length: 0,
      currentAt: none,
      canaryAt: none,
      countBase: this.countBase,
      sumBase: this.sumBase,
      flip: this.flip,
      difference: this.difference,
      differenceSquare: this.differenceSquare,
    };
  }

  /** Adds every pair's own numbers; `rows` then describes the pairs for the loops over fields. */
  addPairs(
    pool: PartialPool,
    input: {
      readonly pairs: ResolvedRows;
      readonly current: ArmColumns;
      readonly canary: ArmColumns;
    },
  ): void {
    const { pairs, current, canary } = input;
    for (let i = 0; i < pairs.length; i++) {
      const handle = pairs.partial[i] ?? 0;
      const currentFailed = this.addArm(pool, current, { i, handle, arm: 0 });
      const canaryFailed = this.addArm(pool, canary, { i, handle, arm: 1 });
      this.countBase[i] = pool.withFields[handle] === 1 ? handle * pool.countStride : 0;
      this.sumBase[i] = pool.withFields[handle] === 1 ? handle * pool.sumStride : 0;
      const at = handle * pool.countStride;
      this.flip[i] = FLIP_UNKNOWN;
      this.difference[i] = 0;
      this.differenceSquare[i] = 0;
      if (currentFailed || canaryFailed) {
        if (currentFailed && canaryFailed) bump(pool.counts, at + ERRORS_BOTH);
        else bump(pool.counts, at + (currentFailed ? ERRORS_CURRENT : ERRORS_CANARY));
      } else {
        this.compare(pool, {
          i,
          handle,
          currentAt: current.at[i] ?? 0,
          canaryAt: canary.at[i] ?? 0,
          current: current.columns,
          canary: canary.columns,
        });
      }
    }
    this.rows = { ...this.rows, length: pairs.length, currentAt: current.at, canaryAt: canary.at };
  }

  /** Adds lone predictions of one arm; the returned rows describe them for the loops over fields. */
  addSingles(
    pool: PartialPool,
    input: { readonly singles: ResolvedRows; readonly side: ArmColumns; readonly arm: 0 | 1 },
  ): { readonly at: Int32Array; readonly length: number; readonly countBase: Int32Array } {
    const { singles, side, arm } = input;
    let length = 0;
    for (let i = 0; i < singles.length; i++) {
      if ((singles.row[i] === FOLD_CURRENT) !== (arm === 0)) continue;
      const handle = singles.partial[i] ?? 0;
      this.addArm(pool, side, { i, handle, arm });
      this.single[length] = side.at[i] ?? 0;
      this.countBase[length] = pool.withFields[handle] === 1 ? handle * pool.countStride : 0;
      length += 1;
    }
    return { at: this.single, length, countBase: this.countBase };
  }

  /** One arm's own numbers; true when the arm failed. */
  private addArm(
    pool: PartialPool,
    side: ArmColumns,
    row: { readonly i: number; readonly handle: number; readonly arm: 0 | 1 },
  ): boolean {
    const { columns } = side;
    const at = side.at[row.i] ?? 0;
    const marks = side.marks[side.marksAt === null ? row.i : (side.marksAt[row.i] ?? 0)] ?? 0;
    const base = row.handle * pool.countStride;
    const offsets = ARM_COUNTS[row.arm];
    const failed = (marks & MARK_ERROR) !== 0;
    bump(pool.counts, base + offsets.predictions);
    if ((marks & MARK_SERVED) !== 0) bump(pool.counts, base + offsets.served);
    if (failed) bump(pool.counts, base + offsets.errors);
    const latencyMs = columns.latencyMs[at] ?? Number.NaN;
    if (latencyMs - latencyMs === 0)
      bump(pool.counts, base + offsets.latency + latencyCell(latencyMs));
    this.addScore(pool, columns.numbers[this.scoreColumn]?.[at] ?? Number.NaN, row);
    const fraction = columns.samplingFraction[at] ?? 1;
    const sampling = 4 * row.handle + 2 * row.arm;
    if (!(fraction >= (pool.sampling[sampling] ?? 0))) pool.sampling[sampling] = fraction;
    if (!(fraction <= (pool.sampling[sampling + 1] ?? 0))) pool.sampling[sampling + 1] = fraction;
    return failed;
  }

  private addScore(
    pool: PartialPool,
    score: number,
    row: { readonly handle: number; readonly arm: 0 | 1 },
  ): void {
    if (score - score !== 0) return;
    const offsets = ARM_COUNTS[row.arm];
    bump(pool.counts, row.handle * pool.countStride + offsets.scores);
    const units = Math.floor(score * 2 ** (pool.scaleBits[row.handle] ?? 0) + 0.5);
    const sum = row.handle * pool.sumStride + offsets.score;
    pool.sumLow[sum] = (pool.sumLow[sum] ?? 0) + Math.max(-SATURATION, Math.min(SATURATION, units));
    const cut = Math.max(-DIFFERENCE_MAX, Math.min(DIFFERENCE_MAX, units));
    const cutAt = row.handle * pool.sumStride + (pool.cutSums[row.handle] ?? 0);
    pool.sumLow[cutAt + offsets.cut] = (pool.sumLow[cutAt + offsets.cut] ?? 0) + cut;
    pool.sumLow[cutAt + offsets.cutSquare] =
      (pool.sumLow[cutAt + offsets.cutSquare] ?? 0) + cut * cut;
  }

  private compare(
    pool: PartialPool,
    pair: {
      readonly i: number;
      readonly handle: number;
      readonly currentAt: number;
      readonly canaryAt: number;
      readonly current: ScoreColumns;
      readonly canary: ScoreColumns;
    },
  ): void {
    const { counts } = pool;
    const base = pair.handle * pool.countStride;
    const x = pair.current.numbers[this.scoreColumn]?.[pair.currentAt] ?? Number.NaN;
    const y = pair.canary.numbers[this.scoreColumn]?.[pair.canaryAt] ?? Number.NaN;
    const apart = y - x;
    if (apart - apart === 0) this.addDifference(pool, pair, apart);
    const from =
      this.labelColumn < 0 ? 0 : (pair.current.codes[this.labelColumn]?.[pair.currentAt] ?? 0);
    const to =
      this.labelColumn < 0 ? 0 : (pair.canary.codes[this.labelColumn]?.[pair.canaryAt] ?? 0);
    let flip = FLIP_UNKNOWN;
    // Only a threshold has a positive side: labels are counted in the agreement matrix.
    let agreed = -1;
    if (from !== 0 && to !== 0) {
      if (from === to) flip = FLIP_NONE;
      else flip = this.rankOf(to) > this.rankOf(from) ? FLIP_UP : FLIP_DOWN;
      this.cross(pool, pair.handle, { from, to });
    } else if (apart - apart === 0 && this.threshold === this.threshold) {
      const positive = x >= this.threshold;
      agreed = positive ? BOTH_POSITIVE : BOTH_NEGATIVE;
      if (positive === y >= this.threshold) flip = FLIP_NONE;
      else flip = positive ? FLIP_DOWN : FLIP_UP;
    } else if (apart - apart === 0 && this.tolerance === this.tolerance) {
      if (Math.abs(apart) <= this.tolerance) flip = FLIP_NONE;
      else flip = apart > 0 ? FLIP_UP : FLIP_DOWN;
    }
    if (this.rankings !== null) {
      flip = this.rankingFlip(pool, pair);
      agreed = -1;
    }
    this.flip[pair.i] = flip;
    if (flip === FLIP_UNKNOWN) return;
    bump(counts, base + COMPARED);
    if (flip === FLIP_UP) bump(counts, base + FLIPS_UP);
    else if (flip === FLIP_DOWN) bump(counts, base + FLIPS_DOWN);
    else if (agreed >= 0) bump(counts, base + agreed);
  }

  /** Two rankings differ without a direction: that is a flip down, since their overlap is what fell. */
  private rankingFlip(
    pool: PartialPool,
    pair: {
      readonly handle: number;
      readonly currentAt: number;
      readonly canaryAt: number;
      readonly current: ScoreColumns;
      readonly canary: ScoreColumns;
    },
  ): number {
    const agrees =
      this.rankings?.add(pool, {
        handle: pair.handle,
        current: pair.current.rankedItems,
        currentAt: pair.currentAt,
        canary: pair.canary.rankedItems,
        canaryAt: pair.canaryAt,
      }) ?? null;
    if (agrees === null) return FLIP_UNKNOWN;
    return agrees ? FLIP_NONE : FLIP_DOWN;
  }

  private addDifference(
    pool: PartialPool,
    pair: { readonly i: number; readonly handle: number },
    apart: number,
  ): void {
    const base = pair.handle * pool.countStride;
    const sum = pair.handle * pool.sumStride;
    let units = Math.floor(apart * 2 ** (pool.scaleBits[pair.handle] ?? 0) + 0.5);
    if (units > DIFFERENCE_MAX || units < -DIFFERENCE_MAX) {
      units = Math.max(-DIFFERENCE_MAX, Math.min(DIFFERENCE_MAX, units));
      bump(pool.counts, base + CLAMPED);
    }
    bump(pool.counts, base + DIFFERENCES);
    let cell = 0;
    for (let e = 0; e < DIFFERENCE_EDGES.length; e++)
      cell += +(apart >= (DIFFERENCE_EDGES[e] ?? 0));
    bump(pool.counts, base + DIFFERENCE_CELLS + cell);
    this.difference[pair.i] = units;
    this.differenceSquare[pair.i] = units * units;
    pool.sumLow[sum + DIFFERENCE_SUM] = (pool.sumLow[sum + DIFFERENCE_SUM] ?? 0) + units;
    pool.sumLow[sum + DIFFERENCE_SQUARE_SUM] =
      (pool.sumLow[sum + DIFFERENCE_SQUARE_SUM] ?? 0) + units * units;
  }

  /** The agreement matrix: labels of the profile by label, the last row and column for all others. */
  private cross(
    pool: PartialPool,
    handle: number,
    labels: { readonly from: number; readonly to: number },
  ): void {
    const { layout } = pool;
    if (layout.agreementSize === 0 || pool.withFields[handle] !== 1) return;
    const at = handle * pool.countStride + layout.agreement;
    bump(
      pool.counts,
      at + this.labelRow(pool, labels.from) * layout.agreementSize + this.labelRow(pool, labels.to),
    );
  }

  /** In a stream labels come as records bring them. */
  private rankOf(code: number): number {
    if (this.labelRank.length <= this.labels.length) this.labelRank = ranks(this.labels);
    return this.labelRank[code] ?? 0;
  }

  private labelRow(pool: PartialPool, code: number): number {
    const { layout } = pool;
    if (this.rowOfLabel?.layout !== layout) {
      const label = layout.fields.find((field) => field.cells.field.name === 'label')?.cells;
      const labels = label !== undefined && 'categories' in label ? label.categories : [];
      const rows = Int32Array.from(this.labels, (value) => {
        const row = labels.indexOf(value);
        return row < 0 ? layout.agreementSize - 1 : row;
      });
      this.rowOfLabel = { layout, rows };
    }
    return this.rowOfLabel.rows[code - 1] ?? layout.agreementSize - 1;
  }
}

/** The place of every code's label in the order of the labels as text; code 0 (null) is first. */
function ranks(values: readonly string[]): Float64Array {
  const order = values
    .map((value, i) => ({ value, code: i + 1 }))
    .sort((left, right) => (left.value < right.value ? -1 : 1));
  const rank = new Float64Array(values.length + 1);
  order.forEach(({ code }, i) => {
    rank[code] = i + 1;
  });
  return rank;
}
