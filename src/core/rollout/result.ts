import type { Notification, RolloutEvent, RoutingTable } from '../events/routing.ts';
import { presentStage } from './stages.ts';
import type { ControllerState, RolloutRules } from './state.ts';

/** What one input led to. */
export interface StepResult {
  readonly state: ControllerState;
  readonly events: readonly RolloutEvent[];
  /** The table to send to the routers; null: the one in force stays. */
  readonly table: RoutingTable | null;
  readonly notifications: readonly Notification[];
}

/** An event before it has its number; it is of the present stage. */
export interface EventDraft extends Pick<RolloutEvent, 'kind' | 'fromMs' | 'verdictId' | 'reason'> {
  /** The canary's share from `fromMs` on, in [0, 1]; absent: the present stage's. */
  readonly share?: number;
}

/**
 * The result in which nothing happened.
 *
 * @example unchanged(state).events.length // 0
 */
export function unchanged(state: ControllerState): StepResult {
  return { state, events: [], table: null, notifications: [] };
}

/**
 * Adds an event with the next number of the rollout. Asserts that the rollout has begun.
 *
 * @example emit(rules, unchanged(state), draft).events[0]?.sequence // state.eventCount + 1
 */
export function emit(rules: RolloutRules, result: StepResult, draft: EventDraft): StepResult {
  const { index, share } = presentStage(result.state);
  const sequence = result.state.eventCount + 1;
  const event: RolloutEvent = {
    rolloutId: rules.rolloutId,
    sequence,
    kind: draft.kind,
    stageIndex: index,
    share: draft.share ?? share,
    fromMs: draft.fromMs,
    verdictId: draft.verdictId,
    reason: draft.reason,
  };
  return {
    ...result,
    state: { ...result.state, eventCount: sequence },
    events: [...result.events, event],
  };
}

/** Adds something that a person must be told. */
export function notify(result: StepResult, notification: Notification): StepResult {
  return { ...result, notifications: [...result.notifications, notification] };
}
