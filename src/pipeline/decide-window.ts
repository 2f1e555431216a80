import type { Plan, WindowSettings } from '../core/events/plan.ts';
import type { StageRef, Verdict } from '../core/events/verdict.ts';
import { step } from '../core/rollout/controller.ts';
import type { StepResult } from '../core/rollout/result.ts';
import { stageAt } from '../core/rollout/stages.ts';
import type { ControllerState, RolloutRules } from '../core/rollout/state.ts';
import { initialState, rulesOf } from '../core/rollout/state.ts';
import type { JudgeState } from '../core/verdict/judge.ts';
import { initialJudge, judge, verdictKey } from '../core/verdict/judge.ts';
import { roundedVerdict } from '../core/verdict/rounded.ts';
import type { WindowSummary } from '../core/windows/summary.ts';

/** What windows of one rollout are judged and stepped by. */
export interface DecisionOptions {
  readonly plan: Plan;
  readonly policyDigest: string;
  readonly rolloutId: string;
  /** Hash of a text, for verdict ids. */
  readonly digest: (text: string) => string;
}

/** The judge and the controller: all that one window's decision hands on to the next. */
export interface DecisionState {
  readonly judge: JudgeState;
  readonly controller: ControllerState;
}

/** What one window led to. After the rollout's end nothing is judged. */
export interface WindowDecision {
  readonly state: DecisionState;
  readonly stage: StageRef;
  readonly verdict: Verdict | null;
  readonly stepped: StepResult | null;
}

/** A window to be decided. */
export interface DecidedWindow {
  readonly summary: WindowSummary;
  /** From when on a change takes effect, on a window boundary; null: as soon as event time allows. */
  readonly effectiveFromMs: number | null;
}

export type DecideRules = DecisionOptions & { readonly rules: RolloutRules };

export function decideRules(options: DecisionOptions): DecideRules {
  return { ...options, rules: rulesOf(options.plan, options.rolloutId) };
}

/** Before the first record: no evidence, no stage. */
export function undecided(plan: Plan): DecisionState {
  return { judge: initialJudge(plan), controller: initialState() };
}

/**
 * Judges one window and steps the rollout by its verdict: the line when a window closes, and
 * `explain` when it derives a verdict again, decide by this and nothing else. Pure.
 */
export function decideWindow(
  rules: DecideRules,
  before: DecisionState,
  window: DecidedWindow,
): WindowDecision {
  const { plan, policyDigest, rolloutId, digest } = rules;
  const { summary } = window;
  const stage = stageAt(before.controller, summary.windowStartMs);
  const { phase } = before.controller;
  if (phase === 'promoted' || phase === 'rolled_back')
    return { state: before, stage, verdict: null, stepped: null };
  const judged = judge(before.judge, { plan, policyDigest, rolloutId, summary, stage });
  const body = roundedVerdict(judged.verdict);
  const verdict: Verdict = { id: digest(verdictKey(body)), ...body };
  const effectiveFromMs =
    window.effectiveFromMs ??
    effectiveFromMsOf(summary.windowStartMs / plan.window.lengthMs, plan.window);
  const stepped = step(rules.rules, before.controller, {
    kind: 'verdict',
    verdict,
    effectiveFromMs,
  });
  return { state: { judge: judged.state, controller: stepped.state }, stage, verdict, stepped };
}

/**
 * The first boundary at which what a window's verdict decides can take effect: its close, as
 * every partition sees it, is over by then.
 */
export function effectiveFromMsOf(window: number, settings: WindowSettings): number {
  const { lengthMs, graceMs, outOfOrdernessMs, idleTimeoutMs } = settings;
  const closedMs = (window + 1) * lengthMs + graceMs + outOfOrdernessMs + idleTimeoutMs;
  return Math.ceil(closedMs / lengthMs) * lengthMs;
}
