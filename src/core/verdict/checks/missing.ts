import type { Consequence, MissingMetric } from '../../events/plan.ts';
import { count, evidence, percent } from '../sentence.ts';
import {
  type CheckInput,
  type CheckKind,
  cannotTell,
  dispersionOf,
  type Finding,
  gateUnder,
  lineOf,
  stageOfWindow,
} from './check.ts';
import {
  initialRateTest,
  type RateTest,
  type RateView,
  updateRateTest,
  viewRateTest,
} from './rate-test.ts';

export interface MissingState {
  readonly type: 'missing';
  readonly atMax: RateTest;
  readonly atRollback: RateTest;
}

/** Canary answers that were due and never came: the current model answered, the canary did not. */
export const missingCheck: CheckKind<MissingMetric, MissingState> = {
  type: 'missing',
  nature: 'harm',
  triggers: (metric) => metric.onFail === 'rollback' || metric.rollbackAbove !== null,
  holdTests: (metric) => (metric.onFail === 'rollback' ? 0 : 1),
  init: () => ({ type: 'missing', atMax: initialRateTest(), atRollback: initialRateTest() }),
  update(state, metric, input) {
    const { matched, unmatchedCurrent } = input.summary.counts;
    const counts = { events: unmatchedCurrent, trials: matched + unmatchedCurrent };
    const rule = { dispersion: dispersionOf(metric), stageFromMs: stageOfWindow(input) };
    const limits = limitsOf(metric, input.marginFactor);
    return {
      type: 'missing',
      atMax: updateRateTest(state.atMax, counts, { ...rule, limit: limits.max }),
      atRollback: updateRateTest(state.atRollback, counts, { ...rule, limit: limits.rollback }),
    };
  },
  result(state, metric, input) {
    const shared = { dispersion: dispersionOf(metric), stageFromMs: input.stage.fromMs };
    const limits = limitsOf(metric, 1);
    const atMax = viewRateTest(state.atMax, {
      ...shared,
      limit: limits.max,
      line: lineOf(metric.onFail, input.lines),
    });
    const atRollback = viewRateTest(state.atRollback, {
      ...shared,
      limit: limits.rollback,
      line: input.lines.rollback,
    });
    const logEvidence = (metric.onFail === 'rollback' ? atMax : atRollback).logEvidence;
    if (atMax.rate === null || (atMax.gate === 'unknown' && !atMax.crossed)) {
      return noneDue(input, logEvidence);
    }
    if (metric.rollbackAbove !== null && atRollback.crossed) {
      return finding(atRollback, { limit: metric.rollbackAbove, onFail: 'rollback', logEvidence });
    }
    return finding(atMax, { limit: metric.max, onFail: metric.onFail, logEvidence });
  },
};

function limitsOf(metric: MissingMetric, factor: number): { max: number; rollback: number } {
  return { max: metric.max * factor, rollback: (metric.rollbackAbove ?? 1) * factor };
}

function noneDue(input: CheckInput, logEvidence: number): Finding {
  const shadow = input.stage.share === 0;
  return cannotTell(
    shadow ? 'no_pairs' : 'not_paired_here',
    shadow ? 'no canary answer was due yet' : 'no request is sent to both models in this stage',
    { gate: shadow ? 'unknown' : 'exempt', countOf: 'pairs', effectOf: 'rate', logEvidence },
  );
}

function finding(
  view: RateView,
  at: { limit: number; onFail: Consequence; logEvidence: number },
): Finding {
  const { events, trials } = view.shown;
  const outside = view.gate === 'shut';
  return {
    status: view.crossed ? 'fail' : outside ? 'inconclusive' : 'pass',
    asks: view.crossed ? at.onFail : 'none',
    reason: view.crossed ? 'bound_crossed' : outside ? 'not_enough_evidence' : 'within_tolerance',
    sentence:
      `the canary did not answer ${percent(view.rate ?? 0)} of ${count(trials)} requests ` +
      `that the current model answered${view.span}; limit ${percent(at.limit)}; ` +
      evidence(view.logEvidence),
    currentCount: trials,
    canaryCount: trials - events,
    countOf: 'pairs',
    effect: view.rate,
    effectOf: 'rate',
    bound: view.bound,
    threshold: at.limit,
    logEvidence: at.logEvidence,
    decidableInWindowCount: view.crossed || !outside ? null : view.windowsLeft,
    gate: gateUnder(at.onFail, view.gate),
  };
}
