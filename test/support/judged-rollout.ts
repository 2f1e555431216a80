import { createHash } from 'node:crypto';
import type { Plan } from '../../src/core/events/plan.ts';
import type { RolloutEvent } from '../../src/core/events/routing.ts';
import type { Verdict } from '../../src/core/events/verdict.ts';
import { recordOfWindow } from '../../src/core/report/account.ts';
import type { ReportInput } from '../../src/core/report/rollout-report.ts';
import { step } from '../../src/core/rollout/controller.ts';
import { initialState } from '../../src/core/rollout/state.ts';
import type { WindowSummary } from '../../src/core/windows/summary.ts';
import {
  type DecisionState,
  decideRules,
  decideWindow,
  undecided,
} from '../../src/pipeline/decide-window.ts';

export const ROLLOUT_ID = 'fraud-v7.1';

/** A window with what it led to. */
export interface JudgedWindow {
  readonly summary: WindowSummary;
  readonly stageIndex: number;
  readonly verdict: Verdict | null;
  readonly events: readonly RolloutEvent[];
}

/** Windows that one plan judged. */
export interface PlanWindows {
  readonly plan: Plan;
  readonly policyDigest: string;
  readonly summaries: readonly WindowSummary[];
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Judges and steps a rollout as the service does: with each plan its evidence begins anew, its stages
 * go on. A change takes effect at the end of the window that decided it.
 */
export function judgedWindows(parts: readonly PlanWindows[]): readonly JudgedWindow[] {
  const judged: JudgedWindow[] = [];
  let controller = initialState();
  let begun: readonly RolloutEvent[] = [];
  for (const { plan, policyDigest, summaries } of parts) {
    const rules = decideRules({ plan, policyDigest, rolloutId: ROLLOUT_ID, digest: sha256 });
    let state: DecisionState = { judge: undecided(plan).judge, controller };
    for (const summary of summaries) {
      if (state.controller.stages.length === 0) {
        const atMs = summary.windowStartMs;
        const began = step(rules.rules, state.controller, { kind: 'began', atMs });
        begun = began.events;
        state = { ...state, controller: began.state };
      }
      const effectiveFromMs = summary.windowEndMs;
      const decided = decideWindow(rules, state, { summary, effectiveFromMs });
      state = decided.state;
      judged.push({
        summary,
        stageIndex: decided.stage.index,
        verdict: decided.verdict,
        events: [...begun, ...(decided.stepped?.events ?? [])],
      });
      begun = [];
    }
    controller = state.controller;
  }
  return judged;
}

/** All that a report of these windows is made of. */
export function reportInput(
  parts: readonly [PlanWindows, ...PlanWindows[]],
  amended: readonly WindowSummary[] = [],
): ReportInput {
  const judged = judgedWindows(parts);
  const plans = parts.map(({ plan, policyDigest }) => ({ plan, policyDigest }));
  const [first = parts[0]] = plans;
  const verdicts = judged.flatMap(({ verdict }) => verdict ?? []);
  const lastStartMs = verdicts.at(-1)?.windowStartMs ?? -1;
  return {
    rolloutId: ROLLOUT_ID,
    plans: [...plans.slice(0, -1), plans.at(-1) ?? first],
    verdicts,
    windows: [...judged.map(({ summary }) => summary), ...amended]
      .filter(({ windowStartMs }) => windowStartMs <= lastStartMs)
      .map(recordOfWindow),
    events: judged.flatMap(({ events }) => events),
  };
}

/** The same with one plan. */
export function reportInputOf(plan: Plan, summaries: readonly WindowSummary[]): ReportInput {
  return reportInput([{ plan, policyDigest: 'p1', summaries }]);
}
