import type { OutcomeMetric } from '../../events/plan.ts';
import type { WindowSummary } from '../../windows/summary.ts';
import { count, evidence, percent } from '../sentence.ts';
import {
  type CheckInput,
  cannotTell,
  dispersionOf,
  type Finding,
  gateUnder,
  lineOf,
  stageOfWindow,
} from './check.ts';
import { initialRateTest, type RateTest, updateRateTest, viewRateTest } from './rate-test.ts';

/** Absolute floor: the rate of an outcome among the canary's served answers, whatever the current model does. */
export interface AbsoluteFloorState {
  readonly type: 'absoluteFloor';
  /** Counts answers without the outcome, against 1 - floor. */
  readonly test: RateTest;
  /** Windows whose requests still wait: outcomes may come until the horizon. */
  readonly waiting: readonly Waiting[];
}

interface Waiting {
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly served: number;
  readonly events: number;
}

/** An absolute floor before its first window. */
export function initialAbsoluteFloor(): AbsoluteFloorState {
  return { type: 'absoluteFloor', test: initialRateTest(), waiting: [] };
}

/** Adds a window and what arrived in it, then counts the windows whose horizon has passed. */
export function updateAbsoluteFloor(
  state: AbsoluteFloorState,
  metric: OutcomeMetric,
  input: CheckInput,
): AbsoluteFloorState {
  const { summary } = input;
  const waiting = addArrivals([...state.waiting, arrivalOf(summary)], summary, metric);
  const isMature = (window: Waiting) =>
    window.windowEndMs + metric.horizonMs <= summary.windowEndMs;
  let served = 0;
  let missed = 0;
  for (const window of waiting.filter(isMature)) {
    served += window.served;
    missed += Math.max(0, window.served - window.events);
  }
  return {
    type: 'absoluteFloor',
    test: updateRateTest(
      state.test,
      { events: missed, trials: served },
      {
        limit: 1 - (metric.floor ?? 0) / input.marginFactor,
        dispersion: dispersionOf(metric),
        stageFromMs: stageOfWindow(input),
      },
    ),
    waiting: waiting.filter((window) => !isMature(window)),
  };
}

/** Reads an absolute floor. The sentence says that it is not causal: it also falls with the market. */
export function absoluteFloorFinding(
  state: AbsoluteFloorState,
  metric: OutcomeMetric,
  input: CheckInput,
): Finding {
  const floor = metric.floor ?? 0;
  const view = viewRateTest(state.test, {
    limit: 1 - floor,
    dispersion: dispersionOf(metric),
    stageFromMs: input.stage.fromMs,
    line: lineOf(metric.onFail, input.lines),
  });
  if (view.rate === null || (view.gate === 'unknown' && !view.crossed)) {
    return noneMature(input, metric, view.logEvidence);
  }
  const outside = view.gate === 'shut';
  const reached = (view.shown.trials - view.shown.events) / view.shown.trials;
  return {
    status: view.crossed ? 'fail' : outside ? 'inconclusive' : 'pass',
    asks: view.crossed ? metric.onFail : 'none',
    reason: view.crossed ? 'limit_crossed' : outside ? 'not_enough_evidence' : 'within_tolerance',
    sentence:
      `${metric.outcome} followed ${percent(reached)} of ${count(view.shown.trials)} canary ` +
      `answers${view.span} within the horizon; floor ${percent(floor)}; ` +
      `${evidence(view.logEvidence)} (not causal: it falls with the market too)`,
    currentCount: 0,
    canaryCount: Math.round(view.shown.trials),
    countOf: 'labels',
    effect: reached,
    effectOf: 'rate',
    bound: view.bound === null ? null : 1 - view.bound,
    threshold: floor,
    logEvidence: view.logEvidence,
    decidableInWindowCount: view.crossed || !outside ? null : view.windowsLeft,
    gate: gateUnder(metric.onFail, view.gate),
  };
}

function arrivalOf(summary: WindowSummary): Waiting {
  const { windowStartMs, windowEndMs, arms } = summary;
  return { windowStartMs, windowEndMs, served: arms.canary.served, events: 0 };
}

function addArrivals(
  waiting: readonly Waiting[],
  summary: WindowSummary,
  metric: OutcomeMetric,
): readonly Waiting[] {
  const arrived = new Map<number, number>();
  for (const stratum of summary.servedOutcomes) {
    if (stratum.metric !== metric.name) continue;
    const before = arrived.get(stratum.requestWindowStartMs) ?? 0;
    arrived.set(stratum.requestWindowStartMs, before + stratum.canaryEvents);
  }
  return waiting.map((window) => ({
    ...window,
    events: window.events + (arrived.get(window.windowStartMs) ?? 0),
  }));
}

function noneMature(input: CheckInput, metric: OutcomeMetric, logE: number): Finding {
  const shadow = input.stage.share === 0;
  return cannotTell(
    shadow ? 'not_served_here' : 'no_labels',
    shadow
      ? 'the canary serves nobody in this stage'
      : `no canary answer is old enough for ${metric.outcome} yet`,
    {
      gate: shadow ? 'exempt' : 'unknown',
      countOf: 'labels',
      effectOf: 'rate',
      logEvidence: logE,
    },
  );
}
