import type { LatencyMetric } from '../../events/plan.ts';
import { totalOf } from '../../stats/divergence/shares.ts';
import { passProbability } from '../../stats/planning/pass-probability.ts';
import type { EvidenceState } from '../../stats/sequential/evidence.ts';
import { initialEvidence, logEvidence } from '../../stats/sequential/evidence.ts';
import { updateTilt } from '../../stats/sequential/tilt.ts';
import { latencyCell } from '../../windows/scales.ts';
import { count, evidence, figure, quantileName } from '../sentence.ts';
import {
  type CheckInput,
  type CheckKind,
  cannotTell,
  dispersionOf,
  type Finding,
  type Gate,
  gateUnder,
  lineOf,
  stageOfWindow,
} from './check.ts';
import { addCells, noCells, quantileMs, shiftCells, slowest } from './latency-cells.ts';
import { exceeds, widen } from './tolerance.ts';

export interface LatencyState {
  readonly type: 'latency';
  /** Canary among the slowest answers of both, after its tolerance was taken off. */
  readonly relative: EvidenceState;
  /** Canary answers above the absolute limit. */
  readonly absolute: EvidenceState;
  readonly stageFromMs: number | null;
  /** Latency cells of this stage. */
  readonly current: readonly number[];
  readonly canary: readonly number[];
}

/**
 * A latency quantile by exceedance inside the window, so that swings of load fall on both arms
 * alike (Mood's median test at that quantile, made sequential). It rolls back when the canary is
 * slower than the current model by more than the tolerance and, where an absolute limit is set,
 * slower than that too.
 */
export const latencyCheck: CheckKind<LatencyMetric, LatencyState> = {
  type: 'latency',
  nature: 'harm',
  triggers: (metric) => metric.onFail === 'rollback',
  holdTests: (metric) => (metric.onFail === 'rollback' ? 0 : 1) + (metric.maxMs === null ? 0 : 1),
  init: () => ({
    type: 'latency',
    relative: initialEvidence(),
    absolute: initialEvidence(),
    stageFromMs: null,
    current: noCells(),
    canary: noCells(),
  }),
  update(state, metric, input) {
    const cells = cellsOf(input);
    const rule = { direction: 1, dispersion: dispersionOf(metric) } as const;
    const tolerance = widen(metric.tolerance, input.marginFactor);
    const shifted = shiftCells(cells.canary, tolerance);
    const slow = slowest(cells.current, shifted, metric.quantile);
    return {
      type: 'latency',
      relative: updateTilt(state.relative, { ...slow, logMargin: 0 }, rule),
      absolute: updateTilt(
        state.absolute,
        { ...aboveLimit(cells.canary, metric, input.marginFactor), logMargin: 0 },
        rule,
      ),
      ...addStage(state, cells, input),
    };
  },
  result(state, metric, input) {
    const began = state.stageFromMs === input.stage.fromMs;
    const current = began ? state.current : noCells();
    const canary = began ? state.canary : noCells();
    const relative = logEvidence(state.relative);
    const absolute = metric.maxMs === null ? Infinity : logEvidence(state.absolute);
    const reading: Reading = {
      currentMs: quantileMs(current, metric.quantile),
      canaryMs: quantileMs(canary, metric.quantile),
      currentCount: totalOf(current),
      canaryCount: totalOf(canary),
      relative,
      absolute,
      logE: Math.min(relative, absolute),
    };
    const crossed = reading.logE >= lineOf(metric.onFail, input.lines);
    const overLimit = metric.maxMs !== null && absolute >= input.lines.hold;
    if (crossed || overLimit) return failure(metric, reading, crossed);
    if (reading.currentMs === null || reading.canaryMs === null) return noLatency(reading, input);
    return { ...notFailed(metric, reading), ...slipOf(metric, reading, { input, current }) };
  },
};

interface Cells {
  readonly current: readonly number[];
  readonly canary: readonly number[];
}

interface Reading {
  readonly currentMs: number | null;
  readonly canaryMs: number | null;
  readonly currentCount: number;
  readonly canaryCount: number;
  readonly relative: number;
  readonly absolute: number;
  readonly logE: number;
}

function cellsOf(input: CheckInput): Cells {
  const { current, canary } = input.summary.arms;
  return { current: current.latencyCells, canary: canary.latencyCells };
}

/** Answers surely above the limit: those in cells whose lower edge is above it. */
function aboveLimit(cells: readonly number[], metric: LatencyMetric, factor: number) {
  const share = 1 - metric.quantile;
  if (metric.maxMs === null) return { events: 0, trials: 0, share };
  const limitCell = latencyCell(metric.maxMs * factor);
  return { events: totalOf(cells.slice(limitCell + 1)), trials: totalOf(cells), share };
}

function addStage(state: LatencyState, cells: Cells, input: CheckInput) {
  const fromMs = stageOfWindow(input);
  if (fromMs === null) {
    return { stageFromMs: state.stageFromMs, current: state.current, canary: state.canary };
  }
  const began = fromMs !== state.stageFromMs;
  return {
    stageFromMs: fromMs,
    current: addCells(began ? noCells() : state.current, cells.current),
    canary: addCells(began ? noCells() : state.canary, cells.canary),
  };
}

function ms(value: number | null): string {
  return value === null ? 'unknown' : `${figure(value)} ms`;
}

function sentenceOf(metric: LatencyMetric, reading: Reading): string {
  const name = quantileName(metric.quantile);
  const limit = metric.maxMs === null ? '' : ` and ${figure(metric.maxMs)} ms`;
  return (
    `${name} latency of the canary is ${ms(reading.canaryMs)} in ${count(reading.canaryCount)} ` +
    `answers, of the current model ${ms(reading.currentMs)}; ` +
    `limit ${figure(metric.tolerance.ratio)} times${limit}; ${evidence(reading.logE)}`
  );
}

function base(metric: LatencyMetric, reading: Reading) {
  const { currentMs, canaryMs } = reading;
  return {
    currentCount: reading.currentCount,
    canaryCount: reading.canaryCount,
    countOf: 'predictions' as const,
    effect: currentMs === null || canaryMs === null ? null : canaryMs / currentMs,
    effectOf: `${quantileName(metric.quantile)} ratio`,
    bound: null,
    threshold: metric.tolerance.ratio,
    logEvidence: reading.logE,
    decidableInWindowCount: null,
  };
}

function failure(metric: LatencyMetric, reading: Reading, crossed: boolean): Finding {
  const common = { ...base(metric, reading), status: 'fail', gate: 'shut' } as const;
  if (crossed) {
    return {
      ...common,
      asks: metric.onFail,
      reason: 'bound_crossed',
      sentence: sentenceOf(metric, reading),
    };
  }
  const maxMs = metric.maxMs ?? 0;
  const both = reading.currentMs !== null && reading.currentMs > maxMs;
  const name = quantileName(metric.quantile);
  return {
    ...common,
    asks: metric.onFail === 'warn' ? 'warn' : 'hold',
    reason: both ? 'both_arms_slow' : 'limit_crossed',
    sentence:
      `${both ? 'both models are' : 'the canary is'} above ${figure(maxMs)} ms at ${name}, and the ` +
      `canary is not slower than tolerated beside the current model` +
      `${both ? ': not the canary' : ''}; ${evidence(reading.absolute)}`,
  };
}

function noLatency(reading: Reading, input: CheckInput): Finding {
  const byDesign = input.stage.share === 1 && reading.currentCount === 0;
  const none =
    'no latency was logged for both models in this stage: log latency_ms, or take this metric out ' +
    'of the plan';
  return cannotTell('no_data', none, {
    gate: byDesign ? 'exempt' : 'unknown',
    currentCount: reading.currentCount,
    canaryCount: reading.canaryCount,
    countOf: 'predictions',
    effectOf: 'latency ratio',
    logEvidence: reading.logE,
  });
}

/**
 * The chance that a canary as slow as the plan must catch shows an estimate within its tolerance:
 * that at most 1 - quantile of its answers lie above what is tolerated, when each takes the
 * current model's time so many times.
 */
function slipOf(
  metric: LatencyMetric,
  reading: Reading,
  at: { input: CheckInput; current: readonly number[] },
): Pick<Finding, 'slip'> {
  const { latencyRatio } = at.input.plan.mustCatch;
  const toleratedMs = (reading.currentMs ?? 0) * metric.tolerance.ratio * CELL_WIDTH;
  const above = at.current.slice(latencyCell(toleratedMs / latencyRatio) + 1);
  const passes = passProbability({
    samples: reading.canaryCount,
    rate: totalOf(above) / reading.currentCount,
    rateMax: 1 - metric.quantile,
  });
  return { slip: { canary: `${figure(latencyRatio)} times as slow`, probability: passes } };
}

/** A cell is 2 % wide: estimates are compared with that much room. */
const CELL_WIDTH = 1.02;

function notFailed(metric: LatencyMetric, reading: Reading): Finding {
  const canaryMs = (reading.canaryMs ?? 0) / CELL_WIDTH;
  const slower = exceeds(canaryMs, reading.currentMs ?? 0, metric.tolerance);
  const overLimit = metric.maxMs !== null && canaryMs > metric.maxMs;
  const gate: Gate = slower || overLimit ? 'shut' : 'open';
  return {
    ...base(metric, reading),
    status: gate === 'shut' ? 'inconclusive' : 'pass',
    asks: 'none',
    reason: gate === 'shut' ? 'not_enough_evidence' : 'within_tolerance',
    sentence: sentenceOf(metric, reading),
    gate: gateUnder(metric.onFail, gate),
  };
}
