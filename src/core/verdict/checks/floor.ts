import type { OutcomeMetric } from '../../events/plan.ts';
import { trialsToDecide } from '../../stats/planning/samples-to-decide.ts';
import type { EvidenceState } from '../../stats/sequential/evidence.ts';
import { foldIncrements, initialEvidence, logEvidence } from '../../stats/sequential/evidence.ts';
import { nullShare, TILT_GRID, tiltLogFactor } from '../../stats/sequential/tilt.ts';
import type { ServedOutcome, WindowSummary } from '../../windows/summary.ts';
import { count, evidence, figure, percent } from '../sentence.ts';
import { addCounts, type Counts, noTallies, stageCounts, type Tallies } from '../tallies.ts';
import {
  type CheckInput,
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

type FloorCounts =
  | 'currentEvents'
  | 'canaryEvents'
  | 'canaryOpen'
  /** Canary events to be expected at the current model's rate among the open requests of the same strata. */
  | 'expectedEvents';

/** Relative floor: what served answers bring in, beside the current model's in the same hour. */
export interface FloorState {
  readonly type: 'floor';
  readonly evidence: EvidenceState;
  readonly tallies: Tallies<FloorCounts>;
}

const NOTHING = { currentEvents: 0, canaryEvents: 0, canaryOpen: 0, expectedEvents: 0 };

/** A relative floor before its first window. */
export function initialFloor(): FloorState {
  return { type: 'floor', evidence: initialEvidence(), tallies: noTallies(NOTHING) };
}

/**
 * Folds the outcomes that arrived in one window. Each is counted within the window of its request,
 * where the canary's share among the requests still open is known: canary traffic is younger when
 * its share grows, and any other share would show a loss that is none. All
 * strata make one step of the evidence.
 */
export function updateFloor(
  state: FloorState,
  metric: OutcomeMetric,
  input: CheckInput,
): FloorState {
  const strata = strataOf(input.summary, metric);
  const logMargin = Math.log(floorOf(metric) / input.marginFactor);
  const dispersion = dispersionOf(metric);
  const increments = TILT_GRID.map((tilt) => {
    let sum = 0;
    for (const stratum of strata) {
      sum += tiltLogFactor({ ...tiltOf(stratum), logMargin }, -tilt);
    }
    return sum / dispersion;
  });
  let counts: Counts<FloorCounts> = NOTHING;
  for (const stratum of strata) {
    counts = {
      currentEvents: counts.currentEvents + stratum.currentEvents,
      canaryEvents: counts.canaryEvents + stratum.canaryEvents,
      canaryOpen: counts.canaryOpen + stratum.canaryOpen,
      expectedEvents:
        counts.expectedEvents + (stratum.currentEvents / stratum.currentOpen) * stratum.canaryOpen,
    };
  }
  return {
    type: 'floor',
    evidence: foldIncrements(state.evidence, increments),
    tallies: addCounts(state.tallies, counts, stageOfWindow(input)),
  };
}

/** Reads a relative floor: it is broken when the canary brings in less than `floor` times the current model. */
export function floorFinding(state: FloorState, metric: OutcomeMetric, input: CheckInput): Finding {
  const logE = logEvidence(state.evidence);
  const line = lineOf(metric.onFail, input.lines);
  const crossed = logE >= line;
  // Once the canary serves everybody nothing new can be compared: what was seen on the way counts.
  const stage =
    input.stage.share === 1 ? state.tallies.total : stageCounts(state.tallies, input.stage.fromMs);
  const gate = gateOf(stage, floorOf(metric));
  if (gate === 'unknown' && !crossed) return noOutcomes(input, metric, logE);
  const late = latestDominates(state.evidence);
  const shown = late ? state.tallies.latest : gate === 'shut' ? stage : state.tallies.total;
  const outside = gate === 'shut';
  return {
    status: crossed ? 'fail' : outside ? 'inconclusive' : 'pass',
    asks: crossed ? metric.onFail : 'none',
    reason: crossed ? 'bound_crossed' : outside ? 'not_enough_evidence' : 'within_tolerance',
    sentence: sentenceOf(shown, metric, { late, logE }),
    currentCount: Math.round(shown.currentEvents),
    canaryCount: Math.round(shown.canaryEvents),
    countOf: 'labels',
    effect: ratioOrNull(shown.canaryEvents, shown.expectedEvents),
    effectOf: 'rate ratio',
    bound: null,
    threshold: floorOf(metric),
    logEvidence: logE,
    decidableInWindowCount: crossed || !outside ? null : windowsLeft(state, metric, { line, logE }),
    gate: gateUnder(metric.onFail, gate),
  };
}

/** Without a floor of its own, a served outcome may fall by as much as its tolerance lets a loss rise. */
function floorOf(metric: OutcomeMetric): number {
  return metric.floor ?? 1 / metric.tolerance.ratio;
}

function strataOf(summary: WindowSummary, metric: OutcomeMetric): readonly ServedOutcome[] {
  return summary.servedOutcomes.filter(
    (stratum) =>
      stratum.metric === metric.name && stratum.canaryOpen > 0 && stratum.currentOpen > 0,
  );
}

function tiltOf(stratum: ServedOutcome) {
  return {
    events: stratum.canaryEvents,
    trials: stratum.canaryEvents + stratum.currentEvents,
    share: stratum.canaryOpen / (stratum.canaryOpen + stratum.currentOpen),
  };
}

function gateOf(stage: Counts<FloorCounts>, floor: number): Gate {
  if (stage.expectedEvents === 0) return 'unknown';
  return stage.canaryEvents < floor * stage.expectedEvents ? 'shut' : 'open';
}

function noOutcomes(input: CheckInput, metric: OutcomeMetric, logE: number): Finding {
  const rest = { countOf: 'labels', effectOf: 'rate ratio', logEvidence: logE } as const;
  if (input.stage.share === 0) {
    const nobody = 'the canary serves nobody in this stage';
    return cannotTell('not_served_here', nobody, { ...rest, gate: 'exempt' });
  }
  return cannotTell('no_labels', `no ${metric.outcome} arrived for both models in this stage`, {
    ...rest,
    gate: 'unknown',
  });
}

function sentenceOf(
  shown: Counts<FloorCounts>,
  metric: OutcomeMetric,
  at: { late: boolean; logE: number },
): string {
  const ratio = ratioOrNull(shown.canaryEvents, shown.expectedEvents) ?? 0;
  return (
    `${metric.outcome} of the canary is ${percent(ratio)} of the current model's ` +
    `(${count(shown.canaryEvents)} against ${figure(shown.expectedEvents)} expected` +
    `${at.late ? ' in the latest windows' : ''}); floor ${percent(floorOf(metric))}; ` +
    evidence(at.logE)
  );
}

function windowsLeft(
  state: FloorState,
  metric: OutcomeMetric,
  at: { line: number; logE: number },
): number | null {
  const { recent } = state.tallies;
  const trials = recent.canaryEvents + recent.currentEvents;
  const all = recent.expectedEvents + recent.currentEvents;
  if (trials === 0 || all === 0) return null;
  // A canary with too few events leaves too many of them to the current model: the same test, mirrored.
  const limit = nullShare(recent.currentEvents / all, -Math.log(floorOf(metric)));
  const rates = { rate: recent.currentEvents / trials, limit };
  const events = trialsToDecide(rates, at.line - Math.max(0, at.logE));
  return windowsFor(events, trials / recent.windows / dispersionOf(metric));
}
