import { shortFieldName } from '../../events/field.ts';
import type { SegmentMetric } from '../../events/plan.ts';
import { logSumExp } from '../../stats/special/log-sum-exp.ts';
import { count, evidence, percent } from '../sentence.ts';
import {
  type CheckInput,
  type CheckKind,
  cannotTell,
  dispersionOf,
  type Finding,
  gateUnder,
  lineOf,
} from './check.ts';
import {
  addSegment,
  logCellEvidence,
  type SegmentCell,
  type SegmentField,
} from './segment-cells.ts';

export interface SegmentState {
  readonly type: 'segment';
  /** Cells of different profiles never merge: a new profile starts the cells anew. */
  readonly profileHash: string | null;
  /** ln E gathered under earlier profiles: the new one multiplies it. */
  readonly carried: number;
  readonly fields: readonly SegmentField[];
}

/**
 * Pairs that flip in one direction within one cell of a feature or context field, against a limit:
 * a canary that is better overall and wrong for one airport. Every cell and direction has the same
 * part of the weight, so looking at many of them is paid for.
 */
export const segmentCheck: CheckKind<SegmentMetric, SegmentState> = {
  type: 'segment',
  nature: 'difference',
  triggers: (metric) => metric.onFail === 'rollback',
  holdTests: (metric) => (metric.onFail === 'rollback' ? 0 : 1),
  init: () => ({ type: 'segment', profileHash: null, carried: 0, fields: [] }),
  update(state, metric, input) {
    const { profileHash, fields } = input.summary;
    if (profileHash === null) return state;
    const same = profileHash === state.profileHash;
    const earlier = new Map(same ? state.fields.map((field) => [field.name, field]) : []);
    const rule = {
      limit: Math.min(1 - LIMIT_ROOM, Math.max(LIMIT_ROOM, metric.max * input.marginFactor)),
      pairCountMin: metric.minPairCount,
      dispersion: dispersionOf(metric),
    };
    return {
      type: 'segment',
      profileHash,
      carried: same ? state.carried : logEvidenceOf(state),
      fields: fields.flatMap(
        (field) => addSegment(earlier.get(field.field.name), field, rule) ?? [],
      ),
    };
  },
  result(state, metric, input) {
    const logE = logEvidenceOf(state);
    const worst = worstCell(state, metric, input);
    if (worst === null) return nothingJudged(state, metric, { input, logE });
    return finding(worst, metric, { logE, crossed: logE >= lineOf(metric.onFail, input.lines) });
  },
};

/** Off 0 and 1, where one flip would be infinite evidence. */
const LIMIT_ROOM = 1e-6;

/** The even mean over all cells and directions; cells not yet tested stand at E = 1. */
function logEvidenceOf(state: SegmentState): number {
  const all = state.fields.flatMap(({ up, down }) => [...up, ...down]).map(logCellEvidence);
  return all.length === 0 ? state.carried : state.carried + logSumExp(all) - Math.log(all.length);
}

interface WorstCell {
  readonly field: string;
  readonly cell: string;
  readonly direction: 'up' | 'down';
  readonly counts: SegmentCell;
}

/** The tested cell with the most evidence; null while none is. */
function worstCell(
  state: SegmentState,
  metric: SegmentMetric,
  input: CheckInput,
): WorstCell | null {
  let worst: WorstCell | null = null;
  for (const field of state.fields) {
    for (const direction of ['up', 'down'] as const) {
      for (const [i, counts] of field[direction].entries()) {
        if (counts.pairs < metric.minPairCount) continue;
        if (worst !== null && !isWorse(counts, worst.counts)) continue;
        const numbers = input.summary.fields.find((one) => one.field.name === field.name);
        worst = {
          field: numbers === undefined ? field.name : shortFieldName(numbers.field),
          cell: numbers?.cells[i] ?? `cell ${i}`,
          direction,
          counts,
        };
      }
    }
  }
  return worst;
}

function isWorse(a: SegmentCell, b: SegmentCell): boolean {
  const difference = logCellEvidence(a) - logCellEvidence(b);
  return difference === 0 ? a.flips / a.pairs > b.flips / b.pairs : difference > 0;
}

function nothingJudged(
  state: SegmentState,
  metric: SegmentMetric,
  at: { input: CheckInput; logE: number },
): Finding {
  const shadow = at.input.stage.share === 0;
  const paired = shadow || at.input.summary.paired.compared > 0;
  const rest = {
    gate: gateUnder(metric.onFail, paired ? 'unknown' : 'exempt'),
    countOf: 'pairs',
    effectOf: 'rate',
    logEvidence: at.logE,
  } as const;
  if (!paired) {
    const none = 'no request is sent to both models in this stage';
    return cannotTell('not_paired_here', none, rest);
  }
  return state.profileHash === null
    ? cannotTell('no_profile', 'the cells of the features are still being learned', rest)
    : cannotTell('too_few_pairs', `no cell has ${count(metric.minPairCount)} pairs yet`, rest);
}

function finding(
  worst: WorstCell,
  metric: SegmentMetric,
  at: { logE: number; crossed: boolean },
): Finding {
  const { pairs, flips } = worst.counts;
  const rate = flips / pairs;
  const outside = rate > metric.max;
  const way = worst.direction === 'up' ? 'upwards' : 'downwards';
  return {
    status: at.crossed ? 'fail' : outside ? 'inconclusive' : 'pass',
    asks: at.crossed ? metric.onFail : 'none',
    reason: at.crossed ? 'limit_crossed' : outside ? 'not_enough_evidence' : 'within_tolerance',
    sentence:
      `canary answers flip ${way} in ${percent(rate)} of ${count(pairs)} pairs where ` +
      `${worst.field} is ${worst.cell}, the worst cell; limit ${percent(metric.max)}; ` +
      `over all cells ${evidence(at.logE)}`,
    currentCount: pairs,
    canaryCount: pairs,
    countOf: 'pairs',
    effect: rate,
    effectOf: 'rate',
    bound: null,
    threshold: metric.max,
    logEvidence: at.logE,
    decidableInWindowCount: null,
    gate: gateUnder(metric.onFail, outside ? 'shut' : 'open'),
  };
}
