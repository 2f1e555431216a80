import type { OutcomeMetric } from '../../events/plan.ts';
import { VALUE_CELL_COUNT, valueEdge, valueUnit } from '../../join/value-cells.ts';
import {
  type EvidenceState,
  foldIncrements,
  initialEvidence,
  logEvidence,
} from '../../stats/sequential/evidence.ts';
import {
  cappedSum,
  type ValueStratum,
  valueTiltIncrements,
} from '../../stats/sequential/value-tilt.ts';
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
} from './check.ts';
import { latestDominates } from './latest.ts';
import { windowsAtPace } from './pace.ts';

type ValueCounts =
  | 'currentEvents'
  | 'canaryEvents'
  | 'canaryServed'
  /** Sums of values, cut at the cap of their window. */
  | 'canaryValue'
  /** What the canary's open requests would have brought at the current model's rate, in the same strata. */
  | 'expectedValue';

/** Relative floor of values: what served answers bring in, beside the current model's in the same hour. */
export interface ValueFloorState {
  readonly type: 'valueFloor';
  readonly evidence: EvidenceState;
  /** Values of the current model by cell, of all windows so far: they say where values are cut. */
  readonly seen: readonly number[];
  /** Where values were cut last; null: too few were seen to say. */
  readonly cap: number | null;
  readonly tallies: Tallies<ValueCounts>;
}

const NOTHING = {
  currentEvents: 0,
  canaryEvents: 0,
  canaryServed: 0,
  canaryValue: 0,
  expectedValue: 0,
};
/** One purchase in a thousand is cut: a single one would else decide. */
const CAP_QUANTILE = 0.999;
/** With fewer values of the current model nothing is said of how large values are. */
const VALUES_TO_CAP = 100;

/** A floor of values before its first window. */
export function initialValueFloor(): ValueFloorState {
  return {
    type: 'valueFloor',
    evidence: initialEvidence(),
    seen: Array.from({ length: VALUE_CELL_COUNT }, () => 0),
    cap: null,
    tallies: noTallies(NOTHING),
  };
}

/**
 * Folds the values that arrived in one window, each within the window of its request, where the canary's
 * share among the requests still open is known. Values are cut at the 99.9 % quantile of the current
 * model's in earlier windows (the upper edge of its cell): one large purchase does not decide.
 */
export function updateValueFloor(
  state: ValueFloorState,
  metric: OutcomeMetric,
  input: CheckInput,
): ValueFloorState {
  const outcomes = input.summary.servedOutcomes.filter(
    ({ metric: name, values }) => name === metric.name && values !== undefined,
  );
  const cap = capOf(state.seen);
  const seen = addSeen(state.seen, outcomes);
  const strata = outcomes.filter(
    ({ canaryOpen, currentOpen }) => canaryOpen > 0 && currentOpen > 0,
  );
  if (cap === null) {
    const silent = state.evidence.plain.map(() => 0);
    return { ...state, evidence: foldIncrements(state.evidence, silent), seen };
  }
  const increments = valueTiltIncrements(strata.map(stratumOf), {
    logMargin: Math.log(floorOf(metric) / input.marginFactor),
    cap,
    dispersion: dispersionOf(metric),
  });
  return {
    type: 'valueFloor',
    evidence: foldIncrements(state.evidence, increments),
    seen,
    cap,
    tallies: addCounts(
      state.tallies,
      countsOf(strata, { cap, summary: input.summary }),
      stageOfWindow(input),
    ),
  };
}

/** Reads a floor of values: broken when the canary brings in less than `floor` times the current model. */
export function valueFloorFinding(
  state: ValueFloorState,
  metric: OutcomeMetric,
  input: CheckInput,
): Finding {
  const logE = logEvidence(state.evidence);
  const line = lineOf(metric.onFail, input.lines);
  const crossed = logE >= line;
  const { tallies } = state;
  // Once the canary serves everybody nothing new can be compared: what was seen on the way counts.
  const stage = input.stage.share === 1 ? tallies.total : stageCounts(tallies, input.stage.fromMs);
  const gate = gateOf(stage, floorOf(metric));
  if (gate === 'unknown' && !crossed) return noValues(state, metric, { input, logE });
  const late = latestDominates(state.evidence);
  const shown = late ? tallies.latest : gate === 'shut' ? stage : tallies.total;
  const outside = gate === 'shut';
  return {
    status: crossed ? 'fail' : outside ? 'inconclusive' : 'pass',
    asks: crossed ? metric.onFail : 'none',
    reason: crossed ? 'bound_crossed' : outside ? 'not_enough_evidence' : 'within_tolerance',
    sentence: sentenceOf(state, metric, { shown, late, logE }),
    currentCount: Math.round(shown.currentEvents),
    canaryCount: Math.round(shown.canaryEvents),
    countOf: 'labels',
    effect: ratioOrNull(shown.canaryValue, shown.expectedValue),
    effectOf: 'mean ratio',
    bound: null,
    threshold: floorOf(metric),
    logEvidence: logE,
    decidableInWindowCount:
      crossed || !outside ? null : windowsAtPace(state.evidence, line - Math.max(0, logE)),
    gate: gateUnder(metric.onFail, gate),
  };
}

function floorOf(metric: OutcomeMetric): number {
  return metric.floor ?? 1;
}

function capOf(seen: readonly number[]): number | null {
  const total = seen.reduce((sum, n) => sum + n, 0);
  if (total < VALUES_TO_CAP) return null;
  let below = 0;
  const cell = seen.findIndex((n) => {
    below += n;
    return below >= CAP_QUANTILE * total;
  });
  return valueEdge(cell + 1);
}

function addSeen(seen: readonly number[], outcomes: readonly ServedOutcome[]): readonly number[] {
  const sums = [...seen];
  for (const { values = [] } of outcomes) {
    for (const { cell, currentCount } of values) sums[cell] = (sums[cell] ?? 0) + currentCount;
  }
  return sums;
}

function stratumOf({ currentOpen, canaryOpen, values = [] }: ServedOutcome): ValueStratum {
  return {
    share: canaryOpen / (canaryOpen + currentOpen),
    groups: values.map((value) => ({
      low: valueEdge(value.cell),
      high: valueEdge(value.cell + 1),
      canaryCount: value.canaryCount,
      canarySum: value.canaryUnits * valueUnit(value.cell),
      currentCount: value.currentCount,
      currentSum: value.currentUnits * valueUnit(value.cell),
    })),
  };
}

function countsOf(
  strata: readonly ServedOutcome[],
  at: { readonly cap: number; readonly summary: WindowSummary },
): Counts<ValueCounts> {
  const sums = { ...NOTHING, canaryServed: at.summary.arms.canary.served };
  for (const stratum of strata) {
    const { groups } = stratumOf(stratum);
    const perRequest = cappedSum(groups, at.cap, 'current') / stratum.currentOpen;
    sums.currentEvents += stratum.currentEvents;
    sums.canaryEvents += stratum.canaryEvents;
    sums.canaryValue += cappedSum(groups, at.cap, 'canary');
    sums.expectedValue += perRequest * stratum.canaryOpen;
  }
  return sums;
}

function gateOf(stage: Counts<ValueCounts>, floor: number): Gate {
  if (!(stage.expectedValue > 0)) return 'unknown';
  return stage.canaryValue < floor * stage.expectedValue ? 'shut' : 'open';
}

function noValues(
  state: ValueFloorState,
  metric: OutcomeMetric,
  at: { readonly input: CheckInput; readonly logE: number },
): Finding {
  const rest = { countOf: 'labels', effectOf: 'mean ratio', logEvidence: at.logE } as const;
  if (at.input.stage.share === 0) {
    const served = 'the canary serves nobody in this stage';
    return cannotTell('not_served_here', served, { ...rest, gate: 'exempt' });
  }
  const seen = state.seen.reduce((sum, n) => sum + n, 0);
  const few = seen > 0 && state.cap === null;
  const sentence = few
    ? `${count(seen)} values of ${metric.outcome} came for the current model; how large they are is ` +
      `known from ${VALUES_TO_CAP} on`
    : `no value of ${metric.outcome} that could be compared came for the current model in this stage yet`;
  return cannotTell(few ? 'too_few_samples' : 'no_labels', sentence, { ...rest, gate: 'unknown' });
}

function sentenceOf(
  state: ValueFloorState,
  metric: OutcomeMetric,
  at: { readonly shown: Counts<ValueCounts>; readonly late: boolean; readonly logE: number },
): string {
  const { shown } = at;
  const ratio = ratioOrNull(shown.canaryValue, shown.expectedValue) ?? 0;
  // Outcomes lag behind requests: per request is only said of a span that is longer than a few windows.
  const span = at.late
    ? ' in the latest windows'
    : shown === state.tallies.total
      ? ' so far'
      : ' in this stage';
  const served = at.late ? 0 : shown.canaryServed;
  const figures =
    served > 0
      ? `the canary brings in ${figure(shown.canaryValue / served)} per request${span}, ` +
        `${figure(shown.expectedValue / served)} were expected at the current model's rate`
      : `${figure(shown.canaryValue)} came in${span}, ${figure(shown.expectedValue)} were expected`;
  return (
    `${metric.outcome} of the canary is ${percent(ratio)} of the current model's (${figures}; values ` +
    `above ${figure(state.cap ?? 0)} count as that); floor ${percent(floorOf(metric))}; ${evidence(at.logE)}`
  );
}
