import type { Metric, Plan } from '../../events/plan.ts';
import type { CheckResult } from '../../events/verdict.ts';
import { assert } from '../../foundation/assert.ts';
import type { CheckInput, CheckKind, Finding } from './check.ts';
import { type DisagreementState, disagreementCheck } from './disagreement.ts';
import { type DivergenceState, divergenceCheck } from './divergence.ts';
import { type ErrorRateState, errorRateCheck } from './error-rate.ts';
import { type LatencyState, latencyCheck } from './latency.ts';
import { type MissingState, missingCheck } from './missing.ts';
import { type OutcomeState, outcomeCheck } from './outcome.ts';
import { type SampleRatioState, sampleRatioCheck } from './sample-ratio.ts';
import { type ScoreShiftState, scoreShiftCheck } from './score-shift.ts';
import { type SegmentState, segmentCheck } from './segment.ts';
import { type SkewState, skewCheck } from './skew.ts';

/** The state of one check, told apart by metric type. */
export type CheckState =
  | ErrorRateState
  | LatencyState
  | MissingState
  | DisagreementState
  | OutcomeState
  | DivergenceState
  | SampleRatioState
  | ScoreShiftState
  | SegmentState
  | SkewState;

/** A check bound to its metric: what the judge works with. */
export interface BoundCheck {
  readonly nature: CheckResult['nature'];
  /** Its evidence enters the average that rolls back. */
  readonly triggers: boolean;
  /** Tests that can hold or warn. */
  readonly holdTests: number;
  init(plan: Plan): CheckState;
  /** Folds the window, unless the input says to skip it, and reads what the check says then. */
  step(
    state: CheckState,
    input: CheckInput,
  ): { readonly state: CheckState; readonly finding: Finding };
}

/**
 * The check of a metric. A new check is one file, one line here, and one test.
 *
 * @example checkOf(errorRateMetric).nature // 'harm'
 */
export function checkOf(metric: Metric): BoundCheck {
  switch (metric.type) {
    case 'errorRate':
      return bind(errorRateCheck, metric);
    case 'latency':
      return bind(latencyCheck, metric);
    case 'missing':
      return bind(missingCheck, metric);
    case 'disagreement':
      return bind(disagreementCheck, metric);
    case 'outcome':
      return bind(outcomeCheck, metric);
    case 'divergence':
      return bind(divergenceCheck, metric);
    case 'sampleRatio':
      return bind(sampleRatioCheck, metric);
    case 'scoreShift':
      return bind(scoreShiftCheck, metric);
    case 'segment':
      return bind(segmentCheck, metric);
    case 'skew':
      return bind(skewCheck, metric);
  }
}

function bind<M extends Metric, S extends CheckState>(
  kind: CheckKind<M, S>,
  metric: M,
): BoundCheck {
  return {
    nature: kind.nature,
    triggers: kind.triggers(metric),
    holdTests: kind.holdTests(metric),
    init: (plan) => kind.init(metric, plan),
    step(before, input) {
      assert(isStateOf<S>(before, kind.type), `the state of ${metric.name} is that of its type`);
      const state = input.folds ? kind.update(before, metric, input) : before;
      return { state, finding: kind.result(state, metric, input) };
    },
  };
}

function isStateOf<S extends CheckState>(state: CheckState, type: S['type']): state is S {
  return state.type === type;
}
