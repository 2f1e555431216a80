import { describe, expect, test } from 'vitest';
import type { Metric } from '../../../../src/core/events/plan.ts';
import type { StageRef } from '../../../../src/core/events/verdict.ts';
import { type CheckState, checkOf } from '../../../../src/core/verdict/checks/registry.ts';
import { isTransition, stepCheck } from '../../../../src/core/verdict/step-check.ts';
import type { WindowSummary } from '../../../../src/core/windows/summary.ts';
import { SHADOW } from '../../../support/judging.ts';
import { errorRate, latency, planOf } from '../../../support/plans.ts';
import { MINUTE_MS, type SummarySpec, summaryOf } from '../../../support/summaries.ts';

const LINES = { rollback: 4.6, hold: 3 };
/** Begins with window 2. */
const LATER: StageRef = { index: 1, share: 0.05, fromMs: 2 * MINUTE_MS };

/** A canary that fails in half of its answers, beside a model that fails in 1 %. */
function broken(over: SummarySpec = {}): WindowSummary {
  return summaryOf({
    current: { predictions: 1_000, errors: 10 },
    canary: { predictions: 1_000, errors: 500 },
    ...over,
  });
}

function stepped(
  metric: Metric,
  summary: WindowSummary,
  at: { stage?: StageRef; before?: CheckState } = {},
) {
  const plan = planOf([metric]);
  const stage = at.stage ?? SHADOW;
  const before = at.before ?? checkOf(metric).init(plan);
  const { state, judged } = stepCheck(metric, before, { plan, summary, stage, lines: LINES });
  return { before, state, finding: judged.finding };
}

/** The state of a check that has seen enough to fail. */
function failedState(metric: Metric): CheckState {
  const first = stepped(metric, broken());
  return stepped(metric, broken({ window: 1 }), { before: first.state }).state;
}

describe('a step of one check', () => {
  test('folds a window of its stage', () => {
    const { before, state } = stepped(errorRate(), broken());
    expect(state).not.toEqual(before);
  });

  test('sets a window aside in which the log was sampled at two rates', () => {
    const sampled = { samplingFractionMin: 0.1, samplingFractionMax: 1 };
    const summary = broken({ canary: { predictions: 1_000, errors: 500, ...sampled } });
    const { before, state, finding } = stepped(errorRate(), summary);
    expect(state).toBe(before);
    expect(finding).toMatchObject({
      status: 'inconclusive',
      reason: 'sampled_by_outcome',
      asks: 'none',
      gate: 'unknown',
    });
  });

  test('sets a window between two stages aside, but for critical checks', () => {
    const between = broken({ window: 1 });
    expect(isTransition({ summary: between, stage: LATER })).toBe(true);
    expect(isTransition({ summary: broken({ window: 2 }), stage: LATER })).toBe(false);
    const calm = stepped(errorRate({ critical: false }), between, { stage: LATER });
    expect(calm.finding).toMatchObject({ status: 'inconclusive', reason: 'transition' });
    expect(calm.state).toBe(calm.before);
    const critical = stepped(errorRate({ critical: true }), between, { stage: LATER });
    expect(critical.state).not.toEqual(critical.before);
  });

  test('gives critical checks twice the margin between two stages', () => {
    const metric = errorRate({ tolerance: { ratio: 1.25, difference: 0 } });
    const summary = (window: number) =>
      summaryOf({
        window,
        current: { predictions: 10_000, errors: 1_000 },
        canary: { predictions: 10_000, errors: 1_450 },
      });
    const evidenceOf = (stage: StageRef): number =>
      stepped(metric, summary(1), { stage }).finding.logEvidence;
    expect(evidenceOf(SHADOW)).toBeGreaterThan(4);
    expect(evidenceOf(LATER)).toBeLessThan(0);
  });

  test('does not judge a stage while it warms up', () => {
    const metric = latency({ warmupMs: 2 * MINUTE_MS });
    const early = stepped(metric, summaryOf({ window: 3 }), { stage: LATER });
    expect(early.finding.reason).toBe('warming_up');
    expect(early.finding.sentence).toBe('not judged for 2 min after a stage begins');
    const warm = stepped(metric, summaryOf({ window: 4 }), { stage: LATER });
    expect(warm.finding.reason).toBe('no_data');
  });

  test('goes on failing in a window that is set aside: evidence stands', () => {
    const metric = errorRate({ critical: false });
    const between = broken({ window: 1 });
    const { finding } = stepped(metric, between, { stage: LATER, before: failedState(metric) });
    expect(finding).toMatchObject({ status: 'fail', asks: 'rollback' });
  });

  test('takes no evidence from an amended window', () => {
    const { before, state } = stepped(errorRate(), broken({ revision: 1 }));
    expect(state).toBe(before);
  });

  test('lets a dry run say what it would, and ask for nothing', () => {
    const metric = errorRate({ dryRun: true });
    const { finding } = stepped(metric, broken({ window: 2 }), { before: failedState(metric) });
    expect(finding).toMatchObject({ status: 'fail', asks: 'none', reason: 'dry_run' });
  });
});
