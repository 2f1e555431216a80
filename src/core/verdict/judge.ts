import type { Plan } from '../events/plan.ts';
import type { CheckResult, Decision, StageRef, Verdict } from '../events/verdict.ts';
import { assert, defined } from '../foundation/assert.ts';
import type { WindowSummary } from '../windows/summary.ts';
import { type Budget, budgetOf, isAveraged, logAverage, type Part } from './budget.ts';
import { logProofOfErrorRate } from './checks/error-rate.ts';
import { type CheckState, checkOf } from './checks/registry.ts';
import { addDrivers, type DriverSums, noDriverSums, rankDrivers } from './drivers.ts';
import { type Judged, promotionOf } from './promotion.ts';
import { rollbackReason } from './reason.ts';
import { addProgress, afterLook, noProgress, type StageProgress } from './stage-progress.ts';
import { isTransition, stepCheck } from './step-check.ts';

/** All that the judge remembers: plain JSON, equal bit for bit after a round trip. */
export interface JudgeState {
  /** The policy that the evidence was gathered under; null before the first window. */
  readonly policyDigest: string | null;
  readonly lastWindowEndMs: number | null;
  /** In the order of the plan's metrics. */
  readonly checks: readonly CheckState[];
  readonly progress: StageProgress;
  readonly drivers: DriverSums;
}

/** One closed window, and what it is judged by. */
export interface JudgeInput {
  readonly plan: Plan;
  readonly policyDigest: string;
  readonly rolloutId: string;
  readonly summary: WindowSummary;
  readonly stage: StageRef;
}

/** A verdict before its id, which is a hash of `verdictKey`. */
export type VerdictBody = Omit<Verdict, 'id'>;

/**
 * The judge before the first window: no evidence in any check, E = 1. Asserts that the weights of
 * the metrics sum to at most 1.
 *
 * @example initialJudge(plan).lastWindowEndMs // null
 */
export function initialJudge(plan: Plan): JudgeState {
  const weights = plan.metrics.reduce((sum, metric) => sum + metric.weight, 0);
  assert(weights <= 1 + 1e-9, 'the weights of a plan sum to at most 1');
  return {
    policyDigest: null,
    lastWindowEndMs: null,
    checks: plan.metrics.map((metric) => checkOf(metric).init(plan)),
    progress: noProgress(),
    drivers: noDriverSums(),
  };
}

/**
 * Judges one window: folds it into the evidence of every check, and says what all of it supports.
 * Pure: the same windows give the same verdicts, bit for bit. Windows come in order, each revision 0
 * once; a later revision changes no evidence. Under another policy digest the evidence begins anew
 * and the verdict says so. Rollback wins over everything; a window between two stages never promotes.
 *
 * @example judge(initialJudge(plan), input).verdict.decision // 'hold'
 */
export function judge(
  before: JudgeState,
  input: JudgeInput,
): { readonly state: JudgeState; readonly verdict: VerdictBody } {
  const { summary, stage, plan, policyDigest } = input;
  const isNewPlan = before.policyDigest !== null && before.policyDigest !== policyDigest;
  const earlier = isNewPlan
    ? { ...initialJudge(plan), lastWindowEndMs: before.lastWindowEndMs }
    : before;
  const budget = budgetOf(plan);
  const stepped = plan.metrics.map((metric, i) =>
    stepCheck(metric, defined(earlier.checks[i], `the state of ${metric.name}`), {
      ...input,
      lines: defined(budget.lines[i], `the lines of ${metric.name}`),
    }),
  );
  const folded = foldWindow(earlier, input);
  const judged = stepped.map(({ judged: one }) => one);
  const checks = stepped.map(({ state }) => state);
  const decided = decide({ ...folded, checks }, input, { judged, budget });
  const drivers = rankDrivers(folded.drivers);
  const reason =
    decided.decision === 'rollback' && decided.byEvidence
      ? rollbackReason({ judged, parts: decided.parts, drivers, sums: folded.drivers }, decided)
      : decided.reason;
  const verdict: VerdictBody = {
    rolloutId: input.rolloutId,
    model: plan.model,
    currentVersion: plan.currentVersion,
    canaryVersion: plan.canaryVersion,
    stage: { index: stage.index, share: stage.share, fromMs: stage.fromMs },
    windowStartMs: summary.windowStartMs,
    windowEndMs: summary.windowEndMs,
    revision: summary.revision,
    policyDigest,
    decision: decided.decision,
    reason: isNewPlan ? `the plan changed, the evidence begins anew; ${reason}` : reason,
    checks: judged.map(resultOf),
    drivers,
    logEvidence: decided.logEvidence,
    logEvidenceLimit: budget.logLimit,
  };
  return { state: { ...folded, checks, progress: decided.progress }, verdict };
}

/**
 * The canonical text that a verdict's id is the hash of: what it is about, never what it says.
 *
 * @example verdictKey(verdict) // '["fraud-v7.1",0,0,60000,"p1",0]'
 */
export function verdictKey(
  verdict: Pick<
    VerdictBody,
    'rolloutId' | 'stage' | 'windowStartMs' | 'windowEndMs' | 'policyDigest' | 'revision'
  >,
): string {
  const { rolloutId, stage, windowStartMs, windowEndMs, policyDigest, revision } = verdict;
  return JSON.stringify([
    rolloutId,
    stage.index,
    windowStartMs,
    windowEndMs,
    policyDigest,
    revision,
  ]);
}

/** What is counted apart from the checks. An amended window was counted when it closed. */
function foldWindow(before: JudgeState, input: JudgeInput): JudgeState {
  const { summary, stage, policyDigest } = input;
  if (summary.revision > 0) return { ...before, policyDigest };
  assert(
    before.lastWindowEndMs === null || summary.windowStartMs >= before.lastWindowEndMs,
    'windows are judged in their order, each once',
  );
  const between = isTransition(input);
  return {
    ...before,
    policyDigest,
    lastWindowEndMs: summary.windowEndMs,
    progress: addProgress(before.progress, summary, between ? null : stage.fromMs),
    drivers: between ? before.drivers : addDrivers(before.drivers, summary, stage.fromMs),
  };
}

interface Decided {
  readonly decision: Decision;
  readonly reason: string;
  readonly byEvidence: boolean;
  readonly parts: readonly Part[];
  readonly logEvidence: number;
  readonly logLimit: number;
  readonly progress: StageProgress;
}

function decide(
  state: JudgeState,
  input: JudgeInput,
  now: { readonly judged: readonly Judged[]; readonly budget: Budget },
): Decided {
  const { judged, budget } = now;
  const averaged = judged.filter(({ metric }) => isAveraged(metric));
  const parts = averaged.map(({ metric, finding }) => ({
    name: metric.name,
    weight: metric.weight,
    logEvidence: finding.logEvidence,
  }));
  const cash = 1 - parts.reduce((sum, part) => sum + part.weight, 0);
  const logEvidence = logAverage(parts, Math.max(0, cash));
  const { progress } = state;
  const common = { parts, logEvidence, logLimit: budget.logLimit, progress, reason: '' };
  const asked = judged.some(({ finding }) => finding.asks === 'rollback');
  if (asked || logEvidence >= budget.logLimit) {
    return { ...common, decision: 'rollback', byEvidence: true };
  }
  if (isTransition(input) || input.summary.revision > 0) {
    const reason = isTransition(input)
      ? 'this window lies between two stages: only critical checks look at it'
      : 'an amended window changes rows, never evidence';
    return { ...common, decision: 'hold', byEvidence: false, reason };
  }
  const answer = promotionOf({
    plan: input.plan,
    stage: input.stage,
    windowEndMs: input.summary.windowEndMs,
    progress,
    judged,
    logProof: proofOf(state),
  });
  return {
    ...common,
    decision: answer.decision,
    reason: answer.reason,
    byEvidence: false,
    progress: answer.looked
      ? afterLook(progress, input.stage, answer.decision === 'promote')
      : progress,
  };
}

function proofOf(state: JudgeState): number | null {
  const errors = state.checks.find((check) => check.type === 'errorRate');
  return errors === undefined ? null : logProofOfErrorRate(errors);
}

function resultOf({ metric, finding }: Judged): CheckResult {
  const { gate: _gate, slip: _slip, place: _place, ...said } = finding;
  return {
    name: metric.name,
    type: metric.type,
    nature: checkOf(metric).nature,
    ...said,
    logEvidence: checkOf(metric).triggers ? finding.logEvidence : null,
    weight: metric.weight,
  };
}
