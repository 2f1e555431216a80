import type { ScoreShiftMetric } from '../../events/plan.ts';
import { logEvidence } from '../../stats/sequential/evidence.ts';
import {
  type ArmMoments,
  initialMeanSequence,
  type MeanRule,
  type MeanSequenceState,
  type Moments,
  updateArmMeans,
  updatePairedMean,
  VALUES_TO_START,
  weightOf,
} from '../../stats/sequential/mean-sequence.ts';
import { logSumExp } from '../../stats/special/log-sum-exp.ts';
import type { ArmNumbers, WindowSummary } from '../../windows/summary.ts';
import { count, evidence, figure } from '../sentence.ts';
import { addCounts, type Counts, noTallies, stageCounts, type Tallies } from '../tallies.ts';
import {
  type CheckInput,
  type CheckKind,
  cannotTell,
  dispersionOf,
  type Finding,
  type Gate,
  gateUnder,
  lineOf,
  pairedHere,
  ratioOrNull,
  stageOfWindow,
} from './check.ts';
import { latestDominates } from './latest.ts';
import { windowsAtPace } from './pace.ts';

type ShiftCounts =
  | 'pairs'
  | 'pairSum'
  /** Weights of windows in the stratified difference of both arms' means, and the weighted differences. */
  | 'armWeight'
  | 'armSum'
  | 'currentScores'
  | 'canaryScores';

export interface ScoreShiftState {
  readonly type: 'scoreShift';
  /** Evidence of a shift up, and of one down; null where the metric does not ask. */
  readonly up: MeanSequenceState | null;
  readonly down: MeanSequenceState | null;
  readonly tallies: Tallies<ShiftCounts>;
  /** Largest difference that counts, in the cells of the latest window; null before a profile is known. */
  readonly reach: number | null;
}

const NOTHING = {
  pairs: 0,
  pairSum: 0,
  armWeight: 0,
  armSum: 0,
  currentScores: 0,
  canaryScores: 0,
};

/**
 * Mean of (canary score - current score) against a limit: on the same requests where a step has pairs, else
 * between the means of both arms, window by window. Before the profile says how large scores are, nothing
 * is judged: differences are cut at the largest score of the reference.
 */
export const scoreShiftCheck: CheckKind<ScoreShiftMetric, ScoreShiftState> = {
  type: 'scoreShift',
  nature: 'difference',
  triggers: (metric) => metric.onFail === 'rollback',
  holdTests: (metric) => (metric.onFail === 'rollback' ? 0 : 1),
  init: (metric) => ({
    type: 'scoreShift',
    up: metric.direction === 'decrease' ? null : initialMeanSequence(),
    down: metric.direction === 'increase' ? null : initialMeanSequence(),
    tallies: noTallies(NOTHING),
    reach: null,
  }),
  update(state, metric, input) {
    const seen = seenIn(input);
    const rule = {
      ratio: 1,
      difference: metric.max * input.marginFactor,
      dispersion: dispersionOf(metric),
    };
    return {
      type: 'scoreShift',
      up: state.up && step(state.up, seen, { ...rule, direction: 1 }),
      down: state.down && step(state.down, seen, { ...rule, direction: -1 }),
      tallies: addCounts(state.tallies, countsOf(seen), stageOfWindow(input)),
      reach: seen?.reach ?? state.reach,
    };
  },
  result(state, metric, input) {
    const logE = evidenceOf(state);
    const crossed = logE >= lineOf(metric.onFail, input.lines);
    const paired = pairedHere(input);
    const stage = stageCounts(state.tallies, input.stage.fromMs);
    const silent = silence(state, metric, { input, stage, paired });
    if (silent !== null && !crossed) {
      const rest = { countOf: paired ? 'pairs' : 'predictions', effectOf: 'mean shift' } as const;
      const { reason, sentence } = silent;
      const gate = gateUnder(metric.onFail, silent.gate);
      return cannotTell(reason, sentence, { ...rest, gate, logEvidence: logE });
    }
    return findingOf(state, metric, { input, stage, paired, logE, crossed });
  },
};

/** What a window shows: pairs where the step has them, else both arms. */
interface Seen {
  readonly reach: number;
  readonly pairs: Moments | null;
  readonly arms: ArmMoments;
}

function seenIn(input: CheckInput): Seen | null {
  const { summary } = input;
  const { differenceMax: reach, differenceCount, differenceSum } = summary.paired;
  const current = momentsOf(summary.arms.current);
  const canary = momentsOf(summary.arms.canary);
  if (summary.profileHash === null || reach === undefined) return null;
  if (current === null || canary === null || !isUsable(summary)) return null;
  const pairs = {
    count: differenceCount,
    sum: differenceSum,
    squareSum: summary.paired.differenceSquareSum,
  };
  return { reach, pairs: pairedHere(input) ? pairs : null, arms: { current, canary } };
}

/** Windows that were stored before these numbers were kept have none of them. */
function momentsOf({ scoreCount, scoreCutSum, scoreCutSquareSum }: ArmNumbers): Moments | null {
  return scoreCutSum === undefined || scoreCutSquareSum === undefined
    ? null
    : { count: scoreCount, sum: scoreCutSum, squareSum: scoreCutSquareSum };
}

function isUsable({ paired, arms }: WindowSummary): boolean {
  return [
    paired.differenceSum,
    paired.differenceSquareSum,
    arms.current.scoreCutSum,
    arms.current.scoreCutSquareSum,
    arms.canary.scoreCutSum,
    arms.canary.scoreCutSquareSum,
  ].every(Number.isFinite);
}

function step(state: MeanSequenceState, seen: Seen | null, rule: MeanRule): MeanSequenceState {
  if (seen === null) return updateArmMeans(state, { current: NONE, canary: NONE }, rule);
  if (seen.pairs !== null)
    return updatePairedMean(state, { ...seen.pairs, bound: seen.reach }, rule);
  return updateArmMeans(state, seen.arms, rule);
}

const NONE: Moments = { count: 0, sum: 0, squareSum: 0 };

function countsOf(seen: Seen | null): Counts<ShiftCounts> {
  if (seen === null) return NOTHING;
  const { current, canary } = seen.arms;
  const scores = { currentScores: current.count, canaryScores: canary.count };
  if (seen.pairs !== null) {
    return { ...NOTHING, ...scores, pairs: seen.pairs.count, pairSum: seen.pairs.sum };
  }
  const armWeight = weightOf(seen.arms);
  if (armWeight === 0) return { ...NOTHING, ...scores };
  const armSum = armWeight * (canary.sum / canary.count - current.sum / current.count);
  return { ...NOTHING, ...scores, armWeight, armSum };
}

/** Where both directions are asked about, E is the average of both. */
function evidenceOf({ up, down }: ScoreShiftState): number {
  const each = [up, down].flatMap((side) => (side === null ? [] : [logEvidence(side)]));
  return logSumExp(each) - Math.log(each.length);
}

interface Silence {
  readonly reason: Finding['reason'];
  readonly sentence: string;
  readonly gate: Gate;
}

function unknown(reason: Finding['reason'], sentence: string): Silence {
  return { reason, sentence, gate: 'unknown' };
}

/** Why it cannot tell; null when it can. */
function silence(
  state: ScoreShiftState,
  metric: ScoreShiftMetric,
  at: {
    readonly input: CheckInput;
    readonly stage: Counts<ShiftCounts>;
    readonly paired: boolean;
  },
): Silence | null {
  const { stage } = at;
  if (state.reach === null) {
    return unknown('no_profile', 'how large scores are is still being learned');
  }
  if (metric.max >= state.reach) {
    const most = `the limit ${figure(metric.max)} is not below ${figure(state.reach)}, the largest`;
    return unknown('limit_out_of_reach', `${most} difference of scores that is measured here`);
  }
  if (at.paired) {
    return stage.pairs > 0 ? null : unknown('no_pairs', 'no pair has two finite scores yet');
  }
  if (stage.currentScores === 0 || stage.canaryScores === 0) {
    const scored = stage.currentScores > 0 ? 'the current model' : 'the canary';
    const sentence =
      stage.currentScores + stage.canaryScores === 0
        ? 'no answer has a finite score yet'
        : `only ${scored} gives scores in this stage`;
    // At 100 % the current model answers nobody, by design.
    const gate = at.input.stage.share === 1 ? 'exempt' : 'unknown';
    return { reason: 'no_data', sentence, gate };
  }
  return learning(state);
}

function learning({ up, down }: ScoreShiftState): Silence | null {
  const side = up ?? down;
  if (side === null || side.spread !== null) return null;
  const { currentCount, canaryCount } = side.learned;
  if (Math.min(currentCount, canaryCount) >= VALUES_TO_START) {
    return unknown(
      'no_variance',
      'the scores of neither model vary: their means cannot be compared',
    );
  }
  const seen = `${count(currentCount)} scores of the current model and ${count(canaryCount)} of the canary`;
  return unknown('too_few_samples', `${seen} so far; it begins at ${VALUES_TO_START} of each`);
}

function findingOf(
  state: ScoreShiftState,
  metric: ScoreShiftMetric,
  at: {
    readonly input: CheckInput;
    readonly stage: Counts<ShiftCounts>;
    readonly paired: boolean;
    readonly logE: number;
    readonly crossed: boolean;
  },
): Finding {
  const { stage, paired, logE, crossed } = at;
  const line = lineOf(metric.onFail, at.input.lines);
  const leading = leadingSide(state);
  const late = latestDominates(leading);
  const shown = late ? state.tallies.latest : stage;
  const shift = shiftOf(shown, paired);
  const gate = gateOf(shiftOf(stage, paired), metric);
  const outside = gate !== 'open';
  const scores = paired
    ? `${count(shown.pairs)} pairs`
    : `${count(shown.canaryScores)} scores beside ${count(shown.currentScores)}`;
  const moved = shift === null ? 'unknown' : `${shift > 0 ? '+' : ''}${figure(shift)}`;
  return {
    status: crossed ? 'fail' : outside ? 'inconclusive' : 'pass',
    asks: crossed ? metric.onFail : 'none',
    reason: crossed ? 'limit_crossed' : outside ? 'not_enough_evidence' : 'within_tolerance',
    sentence:
      `canary scores less current scores are ${moved} in the mean of ${scores}` +
      `${late ? ' of the latest windows' : ' of this stage'}; limit ${limitText(metric)}; ${evidence(logE)}`,
    currentCount: Math.round(paired ? shown.pairs : shown.currentScores),
    canaryCount: Math.round(paired ? shown.pairs : shown.canaryScores),
    countOf: paired ? 'pairs' : 'predictions',
    effect: shift,
    effectOf: 'mean shift',
    bound: null,
    threshold: metric.max,
    logEvidence: logE,
    decidableInWindowCount:
      crossed || !outside ? null : windowsAtPace(leading, line - Math.max(0, logE)),
    gate: gateUnder(metric.onFail, gate),
  };
}

function leadingSide({ up, down }: ScoreShiftState): MeanSequenceState {
  if (up === null) return down ?? initialMeanSequence();
  return down !== null && logEvidence(down) > logEvidence(up) ? down : up;
}

function shiftOf(counts: Counts<ShiftCounts>, paired: boolean): number | null {
  return paired
    ? ratioOrNull(counts.pairSum, counts.pairs)
    : ratioOrNull(counts.armSum, counts.armWeight);
}

function gateOf(shift: number | null, { max, direction }: ScoreShiftMetric): Gate {
  if (shift === null) return 'unknown';
  const up = direction !== 'decrease' && shift > max;
  const down = direction !== 'increase' && -shift > max;
  return up || down ? 'shut' : 'open';
}

function limitText({ max, direction }: ScoreShiftMetric): string {
  if (direction === 'either') return `${figure(max)} either way`;
  return direction === 'increase' ? `+${figure(max)}` : `-${figure(max)}`;
}
