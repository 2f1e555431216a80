import { shortFieldName } from '../../events/field.ts';
import type { Consequence, SkewMetric } from '../../events/plan.ts';
import { defined } from '../../foundation/assert.ts';
import { logEvidence } from '../../stats/sequential/evidence.ts';
import type { FieldNumbers, SkewNumbers, WindowSummary } from '../../windows/summary.ts';
import { count, evidence, figure, percent } from '../sentence.ts';
import {
  type CheckInput,
  type CheckKind,
  cannotTell,
  consequenceOfLimit,
  dispersionOf,
  type Finding,
  gateUnder,
  limitTriggers,
  lineOf,
  pairedHere,
} from './check.ts';
import {
  addRates,
  type ManyRates,
  noRates,
  type Rate,
  shownRate,
  type WorstRate,
  worstRates,
} from './many-rates.ts';

export interface SkewState {
  readonly type: 'skew';
  /** Fields of different profiles never merge: a new profile starts the fields anew. */
  readonly profileHash: string | null;
  /** ln E gathered under earlier profiles: the new one multiplies it. */
  readonly carried: number;
  readonly fields: readonly SkewField[];
  readonly rates: ManyRates;
}

/** One input over all windows of a profile. */
interface SkewField {
  readonly name: string;
  readonly skew: SkewNumbers;
}

/** A window in which the field is not. */
const NO_FIELD: Pick<SkewField, 'skew'> = {
  skew: {
    compared: 0,
    differing: 0,
    canaryNull: 0,
    currentNull: 0,
    canaryHigher: 0,
    differenceSum: 0,
    differenceSizeSum: 0,
  },
};
/** So many fields are named in the sentence. */
const NAMED_MAX = 3;

/**
 * The same request, other values of an input in the two logs: how often, for each watched feature and
 * context field, against a limit. It says that the two versions were not fed alike, which is told apart from
 * where they decide differently: a model may be right about the wrong input. Every field has the same
 * part of the weight, so looking at many of them is paid for.
 */
export const skewCheck: CheckKind<SkewMetric, SkewState> = {
  type: 'skew',
  nature: 'difference',
  triggers: limitTriggers,
  holdTests: (metric) => (limitTriggers(metric) ? 0 : 1),
  init: () => ({ type: 'skew', profileHash: null, carried: 0, fields: [], rates: noRates(0) }),
  update(state, metric, input) {
    const { profileHash } = input.summary;
    if (profileHash === null) return state;
    const inputs = inputsOf(input.summary);
    const same = profileHash === state.profileHash && inputs.length === state.fields.length;
    const rates = same ? state.rates : noRates(inputs.length);
    return {
      type: 'skew',
      profileHash,
      carried: same ? state.carried : logEvidenceOf(state),
      fields: inputs.map(({ name, skew }, i) => ({
        name,
        skew: same ? sumOf(state.fields[i]?.skew, skew) : skew,
      })),
      rates: addRates(
        rates,
        inputs.map(({ skew }) => rateOf(skew)),
        {
          limit: metric.max * input.marginFactor,
          trialCountMin: metric.minPairCount,
          dispersion: dispersionOf(metric),
        },
      ),
    };
  },
  result(state, metric, input) {
    const reading: Reading = {
      logE: logEvidenceOf(state),
      consequence: consequenceOfLimit(metric, input.stage),
      input,
    };
    const [worst, ...others] = worstRates(state.rates, metric.minPairCount);
    if (worst === undefined) return nothingJudged(state, metric, reading);
    return finding(state, metric, { ...reading, worst, others });
  },
};

interface Reading {
  readonly input: CheckInput;
  readonly logE: number;
  readonly consequence: Consequence;
}

function logEvidenceOf(state: SkewState): number {
  return state.carried + logEvidence(state.rates.evidence);
}

function inputsOf(summary: WindowSummary): readonly SkewField[] {
  return summary.fields.flatMap(({ field, skew }: FieldNumbers) =>
    skew === null ? [] : [{ name: shortFieldName(field), skew }],
  );
}

function rateOf({ differing, compared }: SkewNumbers): Rate {
  return { events: differing, trials: compared };
}

function sumOf(before: SkewNumbers | undefined, added: SkewNumbers): SkewNumbers {
  if (before === undefined) return added;
  return {
    compared: before.compared + added.compared,
    differing: before.differing + added.differing,
    canaryNull: before.canaryNull + added.canaryNull,
    currentNull: before.currentNull + added.currentNull,
    canaryHigher: before.canaryHigher + added.canaryHigher,
    differenceSum: before.differenceSum + added.differenceSum,
    differenceSizeSum: before.differenceSizeSum + added.differenceSizeSum,
  };
}

function nothingJudged(state: SkewState, metric: SkewMetric, at: Reading): Finding {
  const paired = pairedHere(at.input);
  const rest = {
    gate: gateUnder(at.consequence, paired ? 'unknown' : 'exempt'),
    countOf: 'pairs',
    effectOf: 'rate',
    logEvidence: at.logE,
  } as const;
  if (state.profileHash === null) {
    return cannotTell('no_profile', 'which fields are watched is still being learned', rest);
  }
  if (state.fields.length === 0) {
    const none =
      'the current model logs no feature and no context: log some, or take this metric out of the plan';
    return cannotTell('no_data', none, rest);
  }
  return paired
    ? cannotTell('too_few_pairs', `no field has ${count(metric.minPairCount)} pairs yet`, rest)
    : cannotTell('not_paired_here', 'no request is sent to both models in this stage', rest);
}

function finding(
  state: SkewState,
  metric: SkewMetric,
  at: Reading & { readonly worst: WorstRate; readonly others: readonly WorstRate[] },
): Finding {
  const { worst, consequence, logE } = at;
  const total = defined(state.fields[worst.at], 'the field of a rate');
  const window = inputsOf(at.input.summary).find(({ name }) => name === total.name) ?? NO_FIELD;
  const shown = shownRate(worst, rateOf(window.skew));
  const { skew } = shown.span === '' ? total : window;
  const outside = worst.events > metric.max * worst.trials;
  const crossed = logE >= lineOf(consequence, at.input.lines);
  const beyond = at.others.filter(({ events, trials }) => events > metric.max * trials);
  return {
    status: crossed ? 'fail' : outside ? 'inconclusive' : 'pass',
    asks: crossed ? consequence : 'none',
    reason: crossed ? 'limit_crossed' : outside ? 'not_enough_evidence' : 'within_tolerance',
    sentence: `${sentenceOf(total.name, skew, shown.span)}${alsoIn(state, beyond)}; limit ${percent(metric.max)}; over all fields ${evidence(logE)}`,
    currentCount: shown.trials,
    canaryCount: shown.trials,
    countOf: 'pairs',
    effect: shown.rate,
    effectOf: 'rate',
    bound: null,
    threshold: metric.max,
    logEvidence: logE,
    decidableInWindowCount: null,
    gate: gateUnder(consequence, outside ? 'shut' : 'open'),
  };
}

/** Rate, size and direction of one field. */
function sentenceOf(name: string, skew: SkewNumbers, span: string): string {
  const { compared, differing } = skew;
  const where = `${name} differs between the two logs of one request in ${percent(differing / compared)} of ${count(compared)} pairs${span}`;
  const how = differing === 0 ? [] : directionOf(skew);
  return how.length === 0 ? where : `${where} (${how.join(', ')})`;
}

function directionOf(skew: SkewNumbers): readonly string[] {
  const { differing, canaryNull, currentNull, canaryHigher, differenceSizeSum } = skew;
  const numbers = differing - canaryNull - currentNull;
  const higher = canaryHigher / numbers;
  const way = higher === 1 ? 'higher' : higher === 0 ? 'lower' : `higher in ${percent(higher)}`;
  return [
    ...(canaryNull > 0
      ? [`null for the canary in ${percent(canaryNull / differing)} of them`]
      : []),
    ...(currentNull > 0
      ? [`null for the current model in ${percent(currentNull / differing)} of them`]
      : []),
    ...(differenceSizeSum > 0
      ? [`the canary's ${way}, ${figure(differenceSizeSum / numbers)} apart on average`]
      : []),
  ];
}

function alsoIn(state: SkewState, beyond: readonly WorstRate[]): string {
  if (beyond.length === 0) return '';
  const named = beyond.slice(0, NAMED_MAX).map((rate) => {
    return `${state.fields[rate.at]?.name ?? rate.at} (${percent(rate.events / rate.trials)})`;
  });
  const more = beyond.length - named.length;
  return `, also ${named.join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}`;
}
