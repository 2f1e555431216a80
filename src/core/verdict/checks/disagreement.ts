import type { Consequence, DisagreementMetric } from '../../events/plan.ts';
import type { PairedNumbers } from '../../windows/summary.ts';
import { count, evidence, percent } from '../sentence.ts';
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
  stageOfWindow,
} from './check.ts';
import {
  addRankings,
  noRankings,
  type RankingTallies,
  rankingMeans,
  rankingsDiffer,
} from './rankings.ts';
import {
  initialRateTest,
  type RateTest,
  type RateView,
  updateRateTest,
  viewRateTest,
} from './rate-test.ts';

export interface DisagreementState {
  readonly type: 'disagreement';
  readonly test: RateTest;
  /** How often the current model gave each decision so far: tells which one is the majority. */
  readonly decisions: readonly Decided[];
  readonly basis: Basis;
  /** Null where rankings decide nothing. */
  readonly rankings: RankingTallies | null;
}

/**
 * Which pairs the rate is of. `none`: no pair came yet; `incomparable`: pairs came, and nothing says
 * when they disagree; `learning`: their decisions are not told apart before the profile is learned;
 * `all`: also where scores are compared by tolerance, or rankings: no decision is in the minority.
 */
type Basis = 'none' | 'incomparable' | 'learning' | 'minority' | 'all';

interface Decided {
  readonly decision: string;
  readonly count: number;
}

/**
 * Share of pairs in which the two models decide differently: of all, or of the minority decision
 * (of all where scores are compared by tolerance, or rankings by their overlap).
 */
export const disagreementCheck: CheckKind<DisagreementMetric, DisagreementState> = {
  type: 'disagreement',
  nature: 'difference',
  triggers: limitTriggers,
  holdTests: (metric) => (limitTriggers(metric) ? 0 : 1),
  init: (_metric, plan) => ({
    type: 'disagreement',
    test: initialRateTest(),
    decisions: [],
    basis: 'none',
    rankings: plan.decision.ranking === null ? null : noRankings(),
  }),
  update(state, metric, input) {
    const { paired } = input.summary;
    const table = input.plan.decision.ranking === null ? decisionTable(paired) : [];
    const decisions = addDecisions(state.decisions, table);
    // Earlier windows say which decision is the majority; the first window has only itself.
    const majority = mostGiven(state.decisions) ?? mostGiven(decisions);
    const agreed = table.find((row) => row.decision === majority)?.agreed ?? 0;
    const basis = nextBasis(state.basis, metric, { input, isDecided: table.length > 0 });
    const compared = { events: paired.flipsUp + paired.flipsDown, trials: paired.compared };
    const counts = {
      none: NOTHING,
      incomparable: NOTHING,
      learning: NOTHING,
      minority: table.length > 0 ? { ...compared, trials: paired.compared - agreed } : NOTHING,
      all: compared,
    };
    return {
      type: 'disagreement',
      test: updateRateTest(state.test, counts[basis], {
        limit: metric.max * input.marginFactor,
        dispersion: dispersionOf(metric),
        stageFromMs: stageOfWindow(input),
      }),
      decisions,
      basis,
      rankings:
        state.rankings === null
          ? null
          : addRankings(state.rankings, paired.rankings, stageOfWindow(input)),
    };
  },
  result(state, metric, input) {
    const consequence = consequenceOfLimit(metric, input.stage);
    const view = viewRateTest(state.test, {
      limit: metric.max,
      dispersion: dispersionOf(metric),
      stageFromMs: input.stage.fromMs,
      line: lineOf(consequence, input.lines),
    });
    if (view.rate === null || (view.gate === 'unknown' && !view.crossed)) {
      return nothingCompared(state, input, view);
    }
    return finding(view, metric, { consequence, said: saidOf(state, view, input) });
  },
};

const NOTHING = { events: 0, trials: 0 };

function nextBasis(
  before: Basis,
  metric: DisagreementMetric,
  window: { readonly input: CheckInput; readonly isDecided: boolean },
): Basis {
  const { plan, summary } = window.input;
  const { counts, paired, profileHash } = summary;
  if (paired.compared === 0) {
    const failed = paired.errorsBoth + paired.errorsCurrentOnly + paired.errorsCanaryOnly;
    return before === 'none' && counts.matched > failed ? 'incomparable' : before;
  }
  if (metric.of === 'all' || before === 'all' || plan.decision.ranking !== null) return 'all';
  if (window.isDecided || before === 'minority') return 'minority';
  return profileHash === null ? 'learning' : 'all';
}

interface DecisionRow extends Decided {
  /** Pairs in which both models gave it. */
  readonly agreed: number;
}

function decisionTable(paired: PairedNumbers): readonly DecisionRow[] {
  const { agreement, bothNegative, bothPositive, flipsUp, flipsDown, compared } = paired;
  if (agreement?.counts.some((row) => row.some((n) => n > 0))) {
    return agreement.labels.map((decision, i) => ({
      decision,
      count: (agreement.counts[i] ?? []).reduce((sum, n) => sum + n, 0),
      agreed: agreement.counts[i]?.[i] ?? 0,
    }));
  }
  if (compared === 0 || bothNegative + bothPositive + flipsUp + flipsDown !== compared) return [];
  return [
    { decision: 'negative', count: bothNegative + flipsUp, agreed: bothNegative },
    { decision: 'positive', count: bothPositive + flipsDown, agreed: bothPositive },
  ];
}

function addDecisions(sums: readonly Decided[], table: readonly DecisionRow[]): readonly Decided[] {
  const counts = new Map(sums.map((sum) => [sum.decision, sum.count]));
  for (const row of table) counts.set(row.decision, (counts.get(row.decision) ?? 0) + row.count);
  return [...counts].map(([decision, total]) => ({ decision, count: total }));
}

function mostGiven(decisions: readonly Decided[]): string | null {
  let most: Decided | null = null;
  for (const decided of decisions) {
    if (decided.count > (most?.count ?? 0)) most = decided;
  }
  return most?.decision ?? null;
}

function nothingCompared(state: DisagreementState, input: CheckInput, view: RateView): Finding {
  const rest = { countOf: 'pairs', effectOf: 'rate', logEvidence: view.logEvidence } as const;
  if (state.basis === 'incomparable') {
    const silent =
      state.rankings === null
        ? 'both models answer, and nothing says when two answers disagree: log a label, or write ' +
          'decision.threshold or decision.tolerance'
        : 'both models answer, and neither ranks items: log items, or take decision.of out of the plan';
    return cannotTell('no_decision', silent, { ...rest, gate: 'unknown' });
  }
  if (state.basis === 'learning') {
    const learning = 'which decision is the majority is still being learned';
    return cannotTell('no_profile', learning, { ...rest, gate: 'unknown' });
  }
  return input.stage.share === 0
    ? cannotTell('no_pairs', 'no pair was compared yet', { ...rest, gate: 'unknown' })
    : cannotTell('not_paired_here', 'no request is sent to both models in this stage', {
        ...rest,
        gate: 'exempt',
      });
}

/** What pairs that disagree do, among which pairs, and what there is to say beside the rate. */
interface Said {
  readonly differ: string;
  readonly among: string;
  readonly beside: string;
}

function saidOf(state: DisagreementState, view: RateView, { plan, stage }: CheckInput): Said {
  const { ranking } = plan.decision;
  if (ranking !== null && state.rankings !== null) {
    const beside = rankingMeans(state.rankings, view, stage.fromMs);
    return { differ: rankingsDiffer(ranking), among: 'pairs', beside };
  }
  const among = state.basis === 'minority' ? 'pairs off the majority decision' : 'pairs';
  return { differ: 'canary answers differ from current', among, beside: '' };
}

function finding(
  view: RateView,
  metric: DisagreementMetric,
  at: { readonly consequence: Consequence; readonly said: Said },
): Finding {
  const { consequence } = at;
  const { differ, among, beside } = at.said;
  const outside = view.gate === 'shut';
  return {
    status: view.crossed ? 'fail' : outside ? 'inconclusive' : 'pass',
    asks: view.crossed ? consequence : 'none',
    reason: view.crossed ? 'limit_crossed' : outside ? 'not_enough_evidence' : 'within_tolerance',
    sentence:
      `${differ} in ${percent(view.rate ?? 0)} of ` +
      `${count(view.shown.trials)} ${among}${view.span}${beside}; limit ${percent(metric.max)}; ` +
      evidence(view.logEvidence),
    currentCount: view.shown.trials,
    canaryCount: view.shown.trials,
    countOf: 'pairs',
    effect: view.rate,
    effectOf: 'rate',
    bound: view.bound,
    threshold: metric.max,
    logEvidence: view.logEvidence,
    decidableInWindowCount: view.crossed || !outside ? null : view.windowsLeft,
    gate: gateUnder(consequence, view.gate),
  };
}
