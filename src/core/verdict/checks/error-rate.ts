import type { ErrorRateMetric, Tolerance } from '../../events/plan.ts';
import { canaryRequestsToDecide } from '../../stats/planning/samples-to-decide.ts';
import type { EvidenceState } from '../../stats/sequential/evidence.ts';
import { initialEvidence, logEvidence } from '../../stats/sequential/evidence.ts';
import {
  initialRatioSums,
  type RatioSums,
  ratioLowerBound,
  updateRatioSums,
} from '../../stats/sequential/ratio-bound.ts';
import { updateTilt } from '../../stats/sequential/tilt.ts';
import type { WindowSummary } from '../../windows/summary.ts';
import { count, evidence, figure, percent, points } from '../sentence.ts';
import type { Counts, Tallies } from '../tallies.ts';
import { addCounts, noTallies, stageCounts } from '../tallies.ts';
import {
  type CheckInput,
  type CheckKind,
  cannotTell,
  dispersionOf,
  type Finding,
  type Gate,
  gateUnder,
  lineOf,
  ratioOrNull,
  stageOfWindow,
  windowsFor,
} from './check.ts';
import { latestDominates } from './latest.ts';
import { exceeds, logMarginOf, widen } from './tolerance.ts';

type ErrorCounts =
  | 'currentCount'
  | 'currentErrors'
  | 'canaryCount'
  | 'canaryErrors'
  /** Canary errors to be expected at the current model's rate of the same windows. */
  | 'expectedErrors';

export interface ErrorRateState {
  readonly type: 'errorRate';
  readonly harm: EvidenceState;
  /** Evidence that the canary is within the tolerance: for `promoteOn: proof`. */
  readonly proof: EvidenceState;
  readonly tallies: Tallies<ErrorCounts>;
  readonly ratios: RatioSums;
}

const NOTHING: Counts<ErrorCounts> = {
  currentCount: 0,
  currentErrors: 0,
  canaryCount: 0,
  canaryErrors: 0,
  expectedErrors: 0,
};

/** Errors of the canary among errors of both arms, window by window, against its share of the answers. */
export const errorRateCheck: CheckKind<ErrorRateMetric, ErrorRateState> = {
  type: 'errorRate',
  nature: 'harm',
  triggers: (metric) => metric.onFail === 'rollback',
  holdTests: (metric) => (metric.onFail === 'rollback' ? 0 : 1),
  init: () => ({
    type: 'errorRate',
    harm: initialEvidence(),
    proof: initialEvidence(),
    tallies: noTallies(NOTHING),
    ratios: initialRatioSums(),
  }),
  update(state, metric, input) {
    const counts = countErrors(input.summary);
    const logMargin = logMarginOf(
      widen(metric.tolerance, input.marginFactor),
      earlierRate(state.tallies),
    );
    const tallies = addCounts(state.tallies, counts, stageOfWindow(input));
    // The margin of a difference needs the rate of earlier windows: without one, nothing is claimed.
    if (logMargin === null) return { ...state, tallies };
    const tilt = {
      events: counts.canaryErrors,
      trials: counts.canaryErrors + counts.currentErrors,
      share: counts.canaryCount / Math.max(1, counts.canaryCount + counts.currentCount),
    };
    const dispersion = dispersionOf(metric);
    return {
      type: 'errorRate',
      harm: updateTilt(state.harm, { ...tilt, logMargin }, { direction: 1, dispersion }),
      proof: updateTilt(state.proof, { ...tilt, logMargin }, { direction: -1, dispersion }),
      tallies,
      ratios: updateRatioSums(state.ratios, tilt),
    };
  },
  result(state, metric, input) {
    const logE = logEvidence(state.harm);
    const line = lineOf(metric.onFail, input.lines);
    const crossed = logE >= line;
    const stage = stageCounts(state.tallies, input.stage.fromMs);
    const gate = gateOf(stage, metric.tolerance);
    if (gate === 'unknown' && !crossed) return oneArmOnly(stage, input, logE);
    return finding(state, metric, { gate, crossed, line, logE, stage });
  },
};

/**
 * ln of the evidence that the canary's error rate is within the tolerance.
 *
 * @example logProofOfErrorRate(errorRateCheck.init(metric, plan)) // 0
 */
export function logProofOfErrorRate(state: ErrorRateState): number {
  return logEvidence(state.proof);
}

function countErrors(summary: WindowSummary): Counts<ErrorCounts> {
  const { current, canary } = summary.arms;
  return {
    currentCount: current.predictions,
    currentErrors: current.errors,
    canaryCount: canary.predictions,
    canaryErrors: canary.errors,
    expectedErrors:
      current.predictions === 0 ? 0 : (current.errors / current.predictions) * canary.predictions,
  };
}

/** The current model's error rate in earlier windows, smoothed by half an error; null before the first. */
function earlierRate(tallies: Tallies<ErrorCounts>): number | null {
  const { currentCount, currentErrors } = tallies.recent;
  return currentCount === 0 ? null : (currentErrors + 0.5) / (currentCount + 1);
}

function gateOf(stage: Counts<ErrorCounts>, tolerance: Tolerance): Gate {
  if (stage.canaryCount === 0 || stage.currentCount === 0) return 'unknown';
  const canary = stage.canaryErrors / stage.canaryCount;
  return exceeds(canary, stage.expectedErrors / stage.canaryCount, tolerance) ? 'shut' : 'open';
}

function oneArmOnly(stage: Counts<ErrorCounts>, input: CheckInput, logE: number): Finding {
  // At 100 % the current model may answer nothing at all: no comparison is possible, by design.
  const byDesign = input.stage.share === 1 && stage.currentCount === 0;
  const silent = stage.canaryCount === 0 ? 'canary' : 'current model';
  return cannotTell('no_data', `the ${silent} has not answered in this stage`, {
    gate: byDesign ? 'exempt' : 'unknown',
    currentCount: stage.currentCount,
    canaryCount: stage.canaryCount,
    countOf: 'predictions',
    effectOf: 'rate ratio',
    logEvidence: logE,
  });
}

interface Reading {
  readonly gate: Gate;
  readonly crossed: boolean;
  readonly line: number;
  readonly logE: number;
  readonly stage: Counts<ErrorCounts>;
}

function finding(state: ErrorRateState, metric: ErrorRateMetric, reading: Reading): Finding {
  const { gate, crossed, line, logE } = reading;
  const { tolerance } = metric;
  const late = latestDominates(state.harm);
  const outside = gate === 'shut';
  const shown = late ? state.tallies.latest : outside ? reading.stage : state.tallies.total;
  const logMargin = logMarginOf(tolerance, earlierRate(state.tallies)) ?? 0;
  const dispersion = dispersionOf(metric);
  return {
    status: crossed ? 'fail' : outside ? 'inconclusive' : 'pass',
    asks: crossed ? metric.onFail : 'none',
    reason: crossed ? 'bound_crossed' : outside ? 'not_enough_evidence' : 'within_tolerance',
    sentence: sentenceOf(shown, late ? ' of the latest windows' : '', { tolerance, logE }),
    currentCount: Math.round(shown.currentCount),
    canaryCount: Math.round(shown.canaryCount),
    countOf: 'predictions',
    effect: ratioOf(shown),
    effectOf: 'rate ratio',
    bound: ratioLowerBound(state.ratios, { logLine: line, dispersion }),
    threshold: Math.exp(logMargin),
    logEvidence: logE,
    decidableInWindowCount:
      crossed || !outside
        ? null
        : windowsLeft(state.tallies.recent, { logMargin, line, logE, dispersion }),
    gate: gateUnder(metric.onFail, gate),
  };
}

function sentenceOf(
  shown: Counts<ErrorCounts>,
  span: string,
  rule: { tolerance: Tolerance; logE: number },
): string {
  const canary = shown.canaryCount === 0 ? 0 : shown.canaryErrors / shown.canaryCount;
  const expected = shown.canaryCount === 0 ? 0 : shown.expectedErrors / shown.canaryCount;
  const ratio = ratioOf(shown);
  const times = ratio === null ? '' : `, ${figure(ratio)} times as many`;
  const { tolerance } = rule;
  const apart = tolerance.difference > 0 ? ` and ${points(tolerance.difference)} more` : '';
  return (
    `the canary failed in ${percent(canary)} of ${count(shown.canaryCount)} answers${span}, ` +
    `the current model in ${percent(expected)}${times}; ` +
    `limit ${figure(tolerance.ratio)} times${apart}; ${evidence(rule.logE)}`
  );
}

function ratioOf(counts: Counts<ErrorCounts>): number | null {
  return ratioOrNull(counts.canaryErrors, counts.expectedErrors);
}

/** Windows until the ratio of the latest windows would cross the line, at their traffic. */
function windowsLeft(
  recent: Counts<ErrorCounts | 'windows'>,
  at: { logMargin: number; line: number; logE: number; dispersion: number },
): number | null {
  const ratio = ratioOf(recent);
  if (ratio === null || recent.currentErrors === 0) return null;
  const requests = canaryRequestsToDecide(
    {
      share: recent.canaryCount / (recent.canaryCount + recent.currentCount),
      currentRate: recent.currentErrors / recent.currentCount,
      ratio,
      ratioTolerated: Math.exp(at.logMargin),
    },
    at.line - Math.max(0, at.logE),
  );
  return windowsFor(requests, recent.canaryCount / recent.windows / at.dispersion);
}
