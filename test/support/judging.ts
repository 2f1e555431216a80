import type { Plan } from '../../src/core/events/plan.ts';
import type { CheckResult, StageRef } from '../../src/core/events/verdict.ts';
import {
  initialJudge,
  type JudgeState,
  judge,
  type VerdictBody,
} from '../../src/core/verdict/judge.ts';
import type { WindowSummary } from '../../src/core/windows/summary.ts';

export const SHADOW: StageRef = { index: 0, share: 0, fromMs: 0 };

/** A rollout as judged: every verdict, and what the judge remembers at the end. */
export interface Rehearsal {
  readonly verdicts: readonly VerdictBody[];
  readonly state: JudgeState;
}

export function judgeOne(
  plan: Plan,
  summary: WindowSummary,
  at: { readonly stage?: StageRef; readonly state?: JudgeState; readonly digest?: string } = {},
): { readonly state: JudgeState; readonly verdict: VerdictBody } {
  return judge(at.state ?? initialJudge(plan), {
    plan,
    policyDigest: at.digest ?? 'p1',
    rolloutId: 'fraud-v7.1',
    summary,
    stage: at.stage ?? SHADOW,
  });
}

/** Judges these windows in one stage. */
export function judgeAll(
  plan: Plan,
  summaries: readonly WindowSummary[],
  stage: StageRef = SHADOW,
): Rehearsal {
  const verdicts: VerdictBody[] = [];
  let state = initialJudge(plan);
  for (const summary of summaries) {
    const next = judgeOne(plan, summary, { stage, state });
    state = next.state;
    verdicts.push(next.verdict);
  }
  return { verdicts, state };
}

/**
 * Judges windows stage by stage: a promote begins the next step at the window's end, a rollback or
 * the last step's promote ends the rollout.
 */
export function rehearse(
  plan: Plan,
  windowCount: number,
  windowOf: (window: number, stage: StageRef) => WindowSummary,
): Rehearsal {
  const verdicts: VerdictBody[] = [];
  let state = initialJudge(plan);
  let stage: StageRef = { index: 0, share: plan.steps[0]?.share ?? 0, fromMs: 0 };
  for (let window = 0; window < windowCount; window += 1) {
    const { verdict, state: next } = judgeOne(plan, windowOf(window, stage), { stage, state });
    verdicts.push(verdict);
    state = next;
    if (verdict.decision === 'rollback') break;
    if (verdict.decision !== 'promote') continue;
    const step = plan.steps[stage.index + 1];
    if (step === undefined) break;
    stage = { index: stage.index + 1, share: step.share, fromMs: verdict.windowEndMs };
  }
  return { verdicts, state };
}

export function checkNamed(verdict: VerdictBody | undefined, name: string): CheckResult {
  const check = verdict?.checks.find((one) => one.name === name);
  if (check === undefined) throw new Error(`no check ${name}`);
  return check;
}

/** The stages that were passed, by index, in order. */
export function passedStages(rehearsal: Rehearsal): readonly number[] {
  return rehearsal.verdicts
    .filter(({ decision }) => decision === 'promote')
    .map(({ stage }) => stage.index);
}
