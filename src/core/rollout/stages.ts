import type { RolloutPhase } from '../events/routing.ts';
import type { StageRef } from '../events/verdict.ts';
import { defined } from '../foundation/assert.ts';
import type { ControllerState, RolloutRules, StageBegun } from './state.ts';

/**
 * The stage that a window belongs to, by its start in ms of event time: the last stage that began
 * at or before it. A window before the rollout's start counts to the first stage (whose share
 * is that of the start). Asserts that the rollout has begun.
 *
 * @example stageAt(state, 3_600_000) // { index: 1, share: 0.01, fromMs: 3_600_000 }
 */
export function stageAt(state: ControllerState, windowStartMs: number): StageRef {
  const begun = state.stages.findLast((stage) => stage.fromMs <= windowStartMs) ?? state.stages[0];
  const { index, share, fromMs } = defined(begun, 'the first stage');
  return { index, share, fromMs };
}

/**
 * Whether a window that starts at this event time (ms) lies between the decision to change the
 * stage and the boundary at which the change takes effect. Routers that honour `from` serve the
 * old share there; others may serve either.
 *
 * @example isTransition(state, decidedAtMs) // true while the new stage begins later
 */
export function isTransition(state: ControllerState, windowStartMs: number): boolean {
  return state.stages.some(
    (stage) => stage.decidedAtMs <= windowStartMs && windowStartMs < stage.fromMs,
  );
}

/** The stage in force or announced: the last that was decided. Asserts that the rollout has begun. */
export function presentStage(state: ControllerState): StageBegun {
  return defined(state.stages.at(-1), 'the present stage');
}

/**
 * Event time in ms at which the present stage's bake is over.
 *
 * @example bakeEndMs(rules, state) // state.stages.at(-1).fromMs + rules.steps[index].bakeMs
 */
export function bakeEndMs(rules: RolloutRules, state: ControllerState): number {
  const stage = presentStage(state);
  return stage.fromMs + defined(rules.steps[stage.index], `step ${stage.index}`).bakeMs;
}

/**
 * Event time in ms at which the watch over the last stage ends: when its bake and the longest label
 * horizon are both over, each counted from the stage's start.
 *
 * @example watchEndMs(rules, state) - bakeEndMs(rules, state) // 0 when the bake outlasts the horizon
 */
export function watchEndMs(rules: RolloutRules, state: ControllerState): number {
  return Math.max(bakeEndMs(rules, state), presentStage(state).fromMs + rules.watchMs);
}

/**
 * The phase in which a stage of this share (in [0, 1]) is.
 *
 * @example phaseOfShare(0.05) // 'split'
 */
export function phaseOfShare(share: number): RolloutPhase {
  if (share === 0) return 'shadow';
  return share < 1 ? 'split' : 'watching';
}

/**
 * How a stage is named to people, steps counted from 1.
 *
 * @example stageName(rules, { index: 2, share: 0.05, fromMs: 0 }) // 'step 3 of 7 (5 %)'
 */
export function stageName(rules: RolloutRules, stage: StageRef): string {
  const share = stage.share === 0 ? 'shadow' : `${Number((stage.share * 100).toFixed(4))} %`;
  return `step ${stage.index + 1} of ${rules.steps.length} (${share})`;
}
