import type { Consequence, DivergenceMetric } from '../../events/plan.ts';
import type { FieldNumbers } from '../../windows/summary.ts';
import { count, figure } from '../sentence.ts';
import {
  type CheckInput,
  type CheckKind,
  cannotTell,
  type Finding,
  gateUnder,
  lineOf,
  pairedHere,
} from './check.ts';
import { addMixed, type Mixed, measureMixed, noMixed, type Reading } from './mix-matched.ts';

export interface DivergenceState {
  readonly type: 'divergence';
  /** Cells of different profiles never merge: a new profile starts the sums anew. */
  readonly profileHash: string | null;
  /** The field that was read; null before the first. */
  readonly field: string | null;
  readonly mixed: Mixed;
  readonly latest: Reading | null;
}

/** Below this many predictions the normal approximation of its bound is not to be trusted. */
const CANARY_COUNT_MIN = 1_000;

/**
 * Divergence of one field between the arms, read beside what chance alone gives. Its bound is
 * asymptotic: it never enters the average of e-values and has a share of its own of the budget.
 */
export const divergenceCheck: CheckKind<DivergenceMetric, DivergenceState> = {
  type: 'divergence',
  nature: 'difference',
  triggers: () => false,
  holdTests: () => 1,
  init: () => ({
    type: 'divergence',
    profileHash: null,
    field: null,
    mixed: noMixed(),
    latest: null,
  }),
  update(state, metric, input) {
    const { profileHash } = input.summary;
    const field = fieldOf(metric, input);
    if (field === undefined) return state;
    const same = profileHash === state.profileHash && field.field.name === state.field;
    const earlier = same ? state.mixed : noMixed();
    const alone = addMixed(noMixed(), field.current, field.canary);
    return {
      type: 'divergence',
      profileHash,
      field: field.field.name,
      mixed: addMixed(earlier, field.current, field.canary),
      latest: measureMixed(alone, { measure: metric.measure, logLine: 0 }),
    };
  },
  result(state, metric, input) {
    const consequence = pairedHere(input) ? metric.onFail : metric.onFailUnpaired;
    const logLine = lineOf(consequence, input.lines);
    const reading = measureMixed(state.mixed, { measure: metric.measure, logLine });
    if (reading === null) return nothingMeasured(metric, input, consequence);
    return finding(reading, metric, { state, consequence });
  },
};

/** A model that logs no score answers with its label: then that is what may diverge. */
function fieldOf(metric: DivergenceMetric, input: CheckInput): FieldNumbers | undefined {
  const named = (name: string) => input.summary.fields.find(({ field }) => field.name === name);
  return named(metric.of) ?? (metric.of === 'score' ? named('label') : undefined);
}

function nothingMeasured(
  metric: DivergenceMetric,
  input: CheckInput,
  consequence: Consequence,
): Finding {
  const learning = input.summary.profileHash === null;
  return cannotTell(
    learning ? 'no_profile' : 'no_data',
    learning
      ? `the cells of ${metric.of} are still being learned`
      : `${metric.of} was not counted in both arms yet`,
    {
      gate: gateUnder(consequence, 'unknown'),
      countOf: 'predictions',
      effectOf: metric.measure.toUpperCase(),
      logEvidence: 0,
    },
  );
}

function finding(
  reading: Reading,
  metric: DivergenceMetric,
  at: { state: DivergenceState; consequence: Consequence },
): Finding {
  const name = metric.measure.toUpperCase();
  const few = reading.canaryCount < CANARY_COUNT_MIN;
  const crossed = !few && reading.lower > metric.max;
  const outside = reading.corrected > metric.max;
  const latest = at.state.latest === null ? '' : `, ${figure(at.state.latest.raw)} in this window`;
  return {
    status: crossed ? 'fail' : few || outside ? 'inconclusive' : 'pass',
    asks: crossed ? at.consequence : 'none',
    reason: crossed
      ? 'over_null_line'
      : few
        ? 'too_few_samples'
        : outside
          ? 'not_enough_evidence'
          : 'within_tolerance',
    sentence:
      `${name} of ${at.state.field ?? metric.of} is ${figure(reading.corrected)} in ${count(reading.canaryCount)} ` +
      `canary answers (chance alone stays below ${figure(reading.nullLine)} in 99 of 100 looks; ` +
      `${figure(reading.raw)} uncorrected${latest}); limit ${figure(metric.max)}`,
    currentCount: Math.round(reading.currentCount),
    canaryCount: reading.canaryCount,
    countOf: 'predictions',
    effect: reading.corrected,
    effectOf: name,
    bound: reading.lower,
    threshold: metric.max,
    logEvidence: 0,
    decidableInWindowCount: null,
    gate: gateUnder(at.consequence, few ? 'unknown' : outside ? 'shut' : 'open'),
  };
}
