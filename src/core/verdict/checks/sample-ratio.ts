import type { SampleRatioMetric } from '../../events/plan.ts';
import type { EvidenceState } from '../../stats/sequential/evidence.ts';
import { initialEvidence, logEvidence } from '../../stats/sequential/evidence.ts';
import { updateTilt } from '../../stats/sequential/tilt.ts';
import { count, evidence, figure, percent } from '../sentence.ts';
import { addCounts, noTallies, stageCounts, type Tallies } from '../tallies.ts';
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

export interface SampleRatioState {
  readonly type: 'sampleRatio';
  readonly above: EvidenceState;
  readonly below: EvidenceState;
  readonly tallies: Tallies<'events' | 'trials'>;
}

/** Users are split, requests are counted: a share this many times off is not yet a broken router. */
const TOLERATED_RATIO = 1.25;

/**
 * Canary answers among all served answers against the configured share, in both directions: a
 * router, a cache or a canary that swallows requests shows here first.
 */
export const sampleRatioCheck: CheckKind<SampleRatioMetric, SampleRatioState> = {
  type: 'sampleRatio',
  nature: 'health',
  triggers: () => false,
  holdTests: () => 1,
  init: () => ({
    type: 'sampleRatio',
    above: initialEvidence(),
    below: initialEvidence(),
    tallies: noTallies({ events: 0, trials: 0 }),
  }),
  update(state, metric, input) {
    const { current, canary } = input.summary.arms;
    const { share } = input.stage;
    if (!isSplit(share)) return state;
    const counts = { events: canary.served, trials: canary.served + current.served };
    const logMargin = Math.log(1 + (TOLERATED_RATIO - 1) * input.marginFactor);
    const dispersion = dispersionOf(metric);
    const tilt = { ...counts, share };
    return {
      type: 'sampleRatio',
      above: updateTilt(state.above, { ...tilt, logMargin }, { direction: 1, dispersion }),
      below: updateTilt(
        state.below,
        { ...tilt, logMargin: -logMargin },
        { direction: -1, dispersion },
      ),
      tallies: addCounts(state.tallies, counts, stageOfWindow(input)),
    };
  },
  result(state, metric, input) {
    // The mean of two e-values is one: both directions for the price of ln 2.
    const logE = meanOfTwo(logEvidence(state.above), logEvidence(state.below));
    if (!isSplit(input.stage.share)) return notSplit(input, logE);
    const stage = stageCounts(state.tallies, input.stage.fromMs);
    if (stage.trials === 0) {
      return cannotTell('no_data', 'nothing was served in this stage yet', {
        gate: 'unknown',
        countOf: 'predictions',
        effectOf: 'rate',
        logEvidence: logE,
      });
    }
    return finding(stage, metric, { input, logE });
  },
};

function isSplit(share: number): boolean {
  return share > 0 && share < 1;
}

function meanOfTwo(a: number, b: number): number {
  const most = Math.max(a, b);
  return most + Math.log((Math.exp(a - most) + Math.exp(b - most)) / 2);
}

function notSplit(input: CheckInput, logE: number): Finding {
  return cannotTell(
    'not_served_here',
    input.stage.share === 0
      ? 'the canary serves nobody in this stage'
      : 'the canary serves everybody in this stage',
    { gate: 'exempt', countOf: 'predictions', effectOf: 'rate', logEvidence: logE },
  );
}

function finding(
  stage: { readonly events: number; readonly trials: number },
  metric: SampleRatioMetric,
  at: { input: CheckInput; logE: number },
): Finding {
  const crossed = at.logE >= lineOf(metric.onFail, at.input.lines);
  const rate = stage.events / stage.trials;
  const { share } = at.input.stage;
  return {
    status: crossed ? 'fail' : 'pass',
    asks: crossed ? metric.onFail : 'none',
    reason: crossed ? 'bound_crossed' : 'within_tolerance',
    sentence:
      `the canary served ${percent(rate)} of ${count(stage.trials)} answers, configured are ` +
      `${percent(share)}; tolerated is a factor of ${figure(TOLERATED_RATIO)} either way; ` +
      evidence(at.logE),
    currentCount: stage.trials - stage.events,
    canaryCount: stage.events,
    countOf: 'predictions',
    effect: rate,
    effectOf: 'rate',
    bound: null,
    threshold: share,
    logEvidence: at.logE,
    decidableInWindowCount: null,
    gate: gateUnder(metric.onFail, crossed ? 'shut' : 'open'),
  };
}
