import type { Arm } from '../events/arm.ts';
import type { Field } from '../events/field.ts';
import type { DecisionRule, RankingRule } from '../events/plan.ts';
import type { FieldValue, Prediction } from '../events/prediction.ts';
import type { FieldCells } from '../events/profile.ts';
import type { PlainHalf, PlainWindow } from '../join/plain-join.ts';
import type { FieldSlots, PartialLayout, ScalarCount } from './layout.ts';
import { CUT_SUMS, countOffset, sumOffset } from './layout.ts';
import type { WindowPartial } from './partial.ts';
import { emptyPartial, fixedPoint, LIMB, widenSampling } from './partial.ts';
import { comparePlainly } from './plain-rankings.ts';
import {
  DIFFERENCE_CELL_COUNT,
  DIFFERENCE_EDGES,
  latencyEdgeMs,
  OVERLAP_SCALE_BITS,
} from './scales.ts';

/**
 * The fold of `fold-scalars.ts` and `fold-fields.ts` in plain words: one record after the other,
 * values by name, sums as whole numbers of any size. The fast one must give the same bits.
 */
export interface PlainFoldOptions {
  readonly layout: PartialLayout;
  readonly decision: DecisionRule;
  readonly skewTolerance: number;
}

/** `positive` is of a threshold. */
interface Flipped {
  readonly kind: Flip;
  readonly positive: boolean | null;
}

type Flip = 'none' | 'up' | 'down' | 'unknown';

/** What one pair shows. Differences are in units of the score's scale. */
interface Shown {
  readonly flip: Flip;
  readonly difference: bigint;
}

/**
 * The partial of one window.
 *
 * @example a window of no records gives an empty partial
 */
export function plainFold(window: PlainWindow, options: PlainFoldOptions): WindowPartial {
  const tally = new Tally(options.layout);
  tally.count('duplicate', window.duplicate);
  tally.count('conflict', window.conflict);
  for (const pair of window.pairs) {
    tally.count('matched');
    foldHalf(tally, pair.current);
    foldHalf(tally, pair.canary);
    const shown = foldPair(tally, pair, options);
    for (const field of options.layout.fields) foldInput(tally, field, { pair, shown, options });
  }
  for (const half of window.singles) {
    const isCurrent = half.arm === 'current';
    if (half.due === 'in_shadow')
      tally.count(isCurrent ? 'dueInShadowCurrent' : 'dueInShadowCanary');
    else if (half.due) tally.count(isCurrent ? 'unmatchedCurrent' : 'unmatchedCanary');
    else tally.count(isCurrent ? 'notAskedCurrent' : 'notAskedCanary');
    foldHalf(tally, half);
  }
  return tally.partial();
}

/** Counts and whole sums by position. */
class Tally {
  readonly layout: PartialLayout;
  private readonly counts: number[];
  private readonly sums: bigint[];
  private readonly widened: WindowPartial;

  constructor(layout: PartialLayout) {
    this.layout = layout;
    this.counts = Array.from({ length: layout.countLength }, () => 0);
    this.sums = Array.from({ length: layout.sumLength }, () => 0n);
    this.widened = emptyPartial(layout);
  }

  count(name: ScalarCount, by = 1): void {
    this.countAt(countOffset(name), by);
  }

  countAt(at: number, by = 1): void {
    this.counts[at] = (this.counts[at] ?? 0) + by;
  }

  sumAt(at: number, by: bigint): void {
    this.sums[at] = (this.sums[at] ?? 0n) + by;
  }

  sampled(arm: Arm, fraction: number): void {
    widenSampling(this.widened, arm === 'current' ? 0 : 1, fraction);
  }

  partial(): WindowPartial {
    const limb = BigInt(LIMB);
    const lows = this.sums.map((sum) => ((sum % limb) + limb) % limb);
    return {
      layout: this.layout,
      counts: Float64Array.from(this.counts),
      sumLow: Float64Array.from(lows, Number),
      sumHigh: Float64Array.from(this.sums, (sum, i) => Number((sum - (lows[i] ?? 0n)) / limb)),
      sampling: this.widened.sampling,
    };
  }
}

function foldHalf(tally: Tally, half: PlainHalf): void {
  const { arm, prediction, served } = half;
  const { layout } = tally;
  const isCurrent = arm === 'current';
  tally.count(isCurrent ? 'currentPredictions' : 'canaryPredictions');
  if (served) tally.count(isCurrent ? 'currentServed' : 'canaryServed');
  if (hasFailed(prediction)) tally.count(isCurrent ? 'currentErrors' : 'canaryErrors');
  if (prediction.latencyMs !== null && Number.isFinite(prediction.latencyMs)) {
    const { latencyMs } = prediction;
    const cellsAt = isCurrent ? layout.currentLatency : layout.canaryLatency;
    tally.countAt(cellsAt + lastCellWithEdgeUpTo(latencyMs));
  }
  const score = finite(prediction.score);
  if (score !== null) {
    tally.count(isCurrent ? 'currentScores' : 'canaryScores');
    const units = fixed(score, layout.scoreScaleBits, 2 ** 40);
    tally.sumAt(sumOffset(isCurrent ? 'currentScore' : 'canaryScore'), units);
    const cut = fixed(score, layout.scoreScaleBits, 2 ** 20);
    const { cutSums } = layout;
    tally.sumAt(cutSums + (isCurrent ? CUT_SUMS.current : CUT_SUMS.canary), cut);
    tally.sumAt(cutSums + (isCurrent ? CUT_SUMS.currentSquare : CUT_SUMS.canarySquare), cut * cut);
  }
  tally.sampled(arm, prediction.samplingFraction);
  for (const field of layout.fields) {
    const at = isCurrent ? field.current : field.canary;
    tally.countAt(at + plainCell(field.cells, prediction));
  }
}

function foldPair(
  tally: Tally,
  pair: PlainWindow['pairs'][number],
  options: PlainFoldOptions,
): Shown {
  const current = pair.current.prediction;
  const canary = pair.canary.prediction;
  if (hasFailed(current) || hasFailed(canary)) {
    if (hasFailed(current) && hasFailed(canary)) tally.count('errorsBoth');
    else tally.count(hasFailed(current) ? 'errorsCurrentOnly' : 'errorsCanaryOnly');
    return { flip: 'unknown', difference: 0n };
  }
  const from = finite(current.score);
  const to = finite(canary.score);
  const difference = from === null || to === null ? 0n : foldDifference(tally, to - from);
  const { ranking } = options.decision;
  const flip: Flipped =
    ranking === null
      ? flipOf(current, canary, options.decision)
      : { kind: foldRankings(tally, pair, ranking), positive: null };
  if (current.label !== null && canary.label !== null)
    crossLabels(tally, current.label, canary.label);
  if (flip.kind === 'unknown') return { flip: 'unknown', difference };
  tally.count('compared');
  if (flip.kind === 'up') tally.count('flipsUp');
  else if (flip.kind === 'down') tally.count('flipsDown');
  else if (flip.positive !== null) tally.count(flip.positive ? 'bothPositive' : 'bothNegative');
  return { flip: flip.kind, difference };
}

function foldDifference(tally: Tally, difference: number): bigint {
  const { scoreScaleBits, differenceCells } = tally.layout;
  const units = fixed(difference, scoreScaleBits, 2 ** 20);
  if (units !== fixed(difference, scoreScaleBits, Infinity)) tally.count('clamped');
  tally.count('differences');
  const above = DIFFERENCE_EDGES.findIndex((edge) => difference < edge);
  tally.countAt(differenceCells + (above < 0 ? DIFFERENCE_CELL_COUNT - 1 : above));
  tally.sumAt(sumOffset('difference'), units);
  tally.sumAt(sumOffset('differenceSquare'), units * units);
  return units;
}

/** Rankings that overlap too little flip down; there is no up. */
function foldRankings(tally: Tally, pair: PlainWindow['pairs'][number], rule: RankingRule): Flip {
  const { current, canary } = pair;
  const apart = comparePlainly(
    current.prediction.items ?? [],
    canary.prediction.items ?? [],
    rule.itemCount,
  );
  if (apart === null) return 'unknown';
  if (apart.isFirstChanged) tally.count('firstItemChanged');
  tally.countAt(tally.layout.overlapCells + Math.floor(apart.overlap * 10));
  tally.sumAt(sumOffset('overlap'), fixed(apart.overlap, OVERLAP_SCALE_BITS, 2 ** 40));
  const biased = fixed(apart.rankBiasedOverlap, OVERLAP_SCALE_BITS, 2 ** 40);
  tally.sumAt(sumOffset('rankBiasedOverlap'), biased);
  return apart.overlap < rule.overlapMin ? 'down' : 'none';
}

/** Labels decide where both have one; else the threshold; else the tolerance. */
function flipOf(current: Prediction, canary: Prediction, rule: DecisionRule): Flipped {
  if (current.label !== null && canary.label !== null) {
    if (current.label === canary.label) return { kind: 'none', positive: null };
    return { kind: canary.label > current.label ? 'up' : 'down', positive: null };
  }
  const from = finite(current.score);
  const to = finite(canary.score);
  if (from === null || to === null) return { kind: 'unknown', positive: null };
  if (rule.threshold !== null) {
    const was = from >= rule.threshold;
    const is = to >= rule.threshold;
    return { kind: was === is ? 'none' : is ? 'up' : 'down', positive: was };
  }
  if (rule.tolerance === null) return { kind: 'unknown', positive: null };
  if (Math.abs(to - from) <= rule.tolerance) return { kind: 'none', positive: null };
  return { kind: to > from ? 'up' : 'down', positive: null };
}

function crossLabels(tally: Tally, from: string, to: string): void {
  const { agreement, agreementSize, fields } = tally.layout;
  if (agreementSize === 0) return;
  const cells = fields.find(({ cells: { field } }) => field.name === 'label')?.cells;
  const labels = cells !== undefined && 'categories' in cells ? cells.categories : [];
  const row = (label: string): number =>
    labels.includes(label) ? labels.indexOf(label) : agreementSize - 1;
  tally.countAt(agreement + row(from) * agreementSize + row(to));
}

/** Drivers by the current arm's cell, and skew, for features and context. */
function foldInput(
  tally: Tally,
  slots: FieldSlots,
  of: {
    readonly pair: PlainWindow['pairs'][number];
    readonly shown: Shown;
    readonly options: PlainFoldOptions;
  },
): void {
  if (slots.pairs < 0) return;
  const current = of.pair.current.prediction;
  const cell = plainCell(slots.cells, current);
  const { flip, difference } = of.shown;
  if (flip !== 'unknown') tally.countAt(slots.pairs + cell);
  if (flip === 'up') tally.countAt(slots.flipsUp + cell);
  if (flip === 'down') tally.countAt(slots.flipsDown + cell);
  tally.sumAt(slots.differenceSum + cell, difference);
  tally.sumAt(slots.differenceSquareSum + cell, difference * difference);
  foldSkew(tally, slots, of);
}

function foldSkew(
  tally: Tally,
  slots: FieldSlots,
  of: {
    readonly pair: PlainWindow['pairs'][number];
    readonly options: PlainFoldOptions;
  },
): void {
  const { field } = slots.cells;
  const x = valueOf(of.pair.current.prediction, field);
  const y = valueOf(of.pair.canary.prediction, field);
  tally.countAt(slots.skewCompared);
  if (field.kind === 'category' || x === null || y === null) {
    const differs = field.kind === 'category' ? textOf(x) !== textOf(y) : x !== y;
    if (!differs) return;
    tally.countAt(slots.skewDiffering);
    const [from, to] = field.kind === 'category' ? [textOf(x), textOf(y)] : [x, y];
    if (to === null) tally.countAt(slots.skewCanaryNull);
    else if (from === null) tally.countAt(slots.skewCurrentNull);
    return;
  }
  const from = finite(x);
  const to = finite(y);
  if (from === null || to === null) {
    if (from !== to) tally.countAt(slots.skewDiffering);
    return;
  }
  const limit = of.options.skewTolerance * Math.max(1, Math.abs(from), Math.abs(to));
  if (from === to || Math.abs(to - from) <= limit) return;
  tally.countAt(slots.skewDiffering);
  const scaleBits = 'scaleBits' in slots.cells ? slots.cells.scaleBits : 0;
  if (slots.skewSum < 0) return;
  const units = fixed(to - from, scaleBits, 2 ** 40);
  tally.sumAt(slots.skewSum, units);
  tally.sumAt(slots.skewSizeSum, units < 0n ? -units : units);
  if (to > from) tally.countAt(slots.skewCanaryHigher);
}

/** An answer without a finite score, a label, probabilities or items is an error of its arm. */
function hasFailed(prediction: Prediction): boolean {
  const { error, score, label, classProbabilities, items } = prediction;
  const hasAnswer =
    finite(score) !== null ||
    label !== null ||
    Object.keys(classProbabilities ?? {}).length > 0 ||
    (items ?? []).length > 0;
  return error !== null || !hasAnswer;
}

/** The cell of a prediction's value: own cells, then null, not finite (or of another type), unseen. */
function plainCell(cells: FieldCells, prediction: Prediction): number {
  const value = valueOf(prediction, cells.field);
  if ('edges' in cells) {
    const own = cells.edges.length + 1;
    if (value === null) return own;
    const number = finite(value);
    return number === null ? own + 1 : cells.edges.filter((edge) => edge <= number).length;
  }
  const own = cells.categories.length + 1;
  if (value === null) return own;
  const at = cells.categories.indexOf(String(value));
  if (at >= 0) return at;
  return cells.overflow ? own - 1 : own + 2;
}

function valueOf(prediction: Prediction, field: Field): FieldValue {
  const key = field.name.slice(field.role.length + 1);
  const maps = {
    class_probability: prediction.classProbabilities ?? {},
    feature: prediction.features,
    context: prediction.context,
  };
  if (field.role === 'score') return prediction.score;
  if (field.role === 'confidence') return prediction.confidence;
  if (field.role === 'label') return prediction.label;
  return maps[field.role][key] ?? null;
}

function textOf(value: FieldValue): string | null {
  return value === null ? null : String(value);
}

function finite(value: FieldValue): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function lastCellWithEdgeUpTo(latencyMs: number): number {
  let cell = 0;
  while (latencyEdgeMs(cell + 1) > latencyEdgeMs(cell) && latencyEdgeMs(cell + 1) <= latencyMs)
    cell += 1;
  return cell;
}

/** A real value in fixed point, rounded half up, cut at a magnitude. */
function fixed(value: number, scaleBits: number, most: number): bigint {
  const units = fixedPoint(value, scaleBits);
  return BigInt(Math.max(-most, Math.min(most, units)));
}
