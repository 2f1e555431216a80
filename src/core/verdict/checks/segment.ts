import { shortFieldName } from '../../events/field.ts';
import type { Consequence, SegmentMetric } from '../../events/plan.ts';
import { logEvidence } from '../../stats/sequential/evidence.ts';
import { count, evidence, percent } from '../sentence.ts';
import {
  type CheckInput,
  type CheckKind,
  cannotTell,
  consequenceOfLimit,
  dispersionOf,
  type Finding,
  gateUnder,
  limitTriggers,
  lineOf,
} from './check.ts';
import { type Rate, shownRate } from './many-rates.ts';
import { rankingsDiffer } from './rankings.ts';
import {
  addSegments,
  noSegments,
  type SegmentCell,
  type SegmentCells,
  sameCells,
  worstSegment,
} from './segment-cells.ts';

export interface SegmentState {
  readonly type: 'segment';
  /** Cells of different profiles never merge: a new profile starts the cells anew. */
  readonly profileHash: string | null;
  /** ln E gathered under earlier profiles: the new one multiplies it. */
  readonly carried: number;
  readonly cells: SegmentCells;
  /** The last stage in which requests were sent to both models; -1: none yet. */
  readonly pairedStage: number;
}

/**
 * Pairs that flip in one direction within one cell of a feature or context field, against a limit:
 * a canary that is better overall and wrong for one airport. Every cell and direction has the same
 * part of the weight, so looking at many of them is paid for. A default limit holds in shadow and in
 * the first step.
 */
export const segmentCheck: CheckKind<SegmentMetric, SegmentState> = {
  type: 'segment',
  nature: 'difference',
  triggers: limitTriggers,
  holdTests: (metric) => (limitTriggers(metric) ? 0 : 1),
  init: () => ({
    type: 'segment',
    profileHash: null,
    carried: 0,
    cells: noSegments([]),
    pairedStage: -1,
  }),
  update(state, metric, input) {
    const { profileHash, fields, counts } = input.summary;
    const pairedStage = counts.matched > 0 ? input.stage.index : state.pairedStage;
    if (profileHash === null) return { ...state, pairedStage };
    const same = profileHash === state.profileHash && sameCells(state.cells, fields);
    const earlier = same ? state.cells : noSegments(fields);
    return {
      type: 'segment',
      pairedStage,
      profileHash,
      carried: same ? state.carried : logEvidenceOf(state),
      cells: addSegments(earlier, fields, {
        limit: metric.max * input.marginFactor,
        trialCountMin: metric.minPairCount,
        dispersion: dispersionOf(metric),
      }),
    };
  },
  result(state, metric, input) {
    const logE = logEvidenceOf(state);
    const consequence = consequenceOfLimit(metric, input.stage);
    const worst = worstSegment(state.cells, metric.minPairCount);
    if (worst === null) return nothingJudged(state, metric, { input, logE, consequence });
    return finding(worst, metric, { input, logE, consequence });
  },
};

/** What the check says now, from which a finding is made. */
interface Reading {
  readonly input: CheckInput;
  readonly logE: number;
  readonly consequence: Consequence;
}

function logEvidenceOf(state: SegmentState): number {
  return state.carried + logEvidence(state.cells.rates.evidence);
}

/** The cell as people know it: `origin is EWR`. */
function placeOf(worst: SegmentCell, input: CheckInput): string {
  const numbers = input.summary.fields.find(({ field }) => field.name === worst.field);
  if (numbers === undefined) return `${worst.field} is cell ${worst.cell}`;
  return `${shortFieldName(numbers.field)} is ${numbers.cells[worst.cell] ?? worst.cell}`;
}

/** The worst cell in this window alone. */
function windowRateOf({ field, cell, direction }: SegmentCell, input: CheckInput): Rate {
  const drivers = input.summary.fields.find((numbers) => numbers.field.name === field)?.drivers;
  const flips = direction === 'up' ? drivers?.flipsUp : drivers?.flipsDown;
  return { events: flips?.[cell] ?? 0, trials: drivers?.pairs[cell] ?? 0 };
}

function nothingJudged(state: SegmentState, metric: SegmentMetric, at: Reading): Finding {
  const shadow = at.input.stage.share === 0;
  // One quiet window of a stage with pairs is no stage without them.
  const paired = shadow || state.pairedStage === at.input.stage.index;
  const rest = {
    gate: gateUnder(at.consequence, paired ? 'unknown' : 'exempt'),
    countOf: 'pairs',
    effectOf: 'rate',
    logEvidence: at.logE,
  } as const;
  if (!paired) {
    const none = 'no request is sent to both models in this stage';
    return cannotTell('not_paired_here', none, rest);
  }
  if (state.profileHash !== null && state.cells.fields.length === 0) {
    const none =
      'the current model logs no feature and no context: log some, or take this metric out of the plan';
    return cannotTell('no_data', none, rest);
  }
  return state.profileHash === null
    ? cannotTell('no_profile', 'the cells of the features are still being learned', rest)
    : cannotTell('too_few_pairs', `no cell has ${count(metric.minPairCount)} pairs yet`, rest);
}

function finding(worst: SegmentCell, metric: SegmentMetric, at: Reading): Finding {
  const shown = shownRate(worst.rate, windowRateOf(worst, at.input));
  const outside = worst.rate.events > metric.max * worst.rate.trials;
  const crossed = at.logE >= lineOf(at.consequence, at.input.lines);
  const { ranking } = at.input.plan.decision;
  const way = worst.direction === 'up' ? 'upwards' : 'downwards';
  const differ = ranking === null ? `canary answers flip ${way}` : rankingsDiffer(ranking);
  return {
    status: crossed ? 'fail' : outside ? 'inconclusive' : 'pass',
    asks: crossed ? at.consequence : 'none',
    reason: crossed ? 'limit_crossed' : outside ? 'not_enough_evidence' : 'within_tolerance',
    sentence:
      `${differ} in ${percent(shown.rate)} of ${count(shown.trials)} pairs${shown.span} where ` +
      `${placeOf(worst, at.input)}, the worst cell; limit ${percent(metric.max)}; ` +
      `over all cells ${evidence(at.logE)}`,
    currentCount: shown.trials,
    canaryCount: shown.trials,
    countOf: 'pairs',
    effect: shown.rate,
    effectOf: 'rate',
    bound: null,
    threshold: metric.max,
    logEvidence: at.logE,
    decidableInWindowCount: null,
    gate: gateUnder(at.consequence, outside ? 'shut' : 'open'),
    place: { fieldName: worst.field, cell: worst.cell },
  };
}
