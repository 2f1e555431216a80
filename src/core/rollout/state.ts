import type { Plan } from '../events/plan.ts';
import type { RolloutPhase, RoutingTable } from '../events/routing.ts';
import type { StageRef } from '../events/verdict.ts';
import type { RoutedRollout } from './routing-table.ts';

/** What the controller needs of a plan. Times in ms of event time, shares in [0, 1]. */
export interface RolloutRules extends RoutedRollout {
  readonly steps: readonly { readonly share: number; readonly bakeMs: number }[];
  /** The last step is watched at least so long, its bake apart: the longest horizon of a label metric. */
  readonly watchMs: number;
  /** So many closed windows in a row without a verdict raise an alarm. */
  readonly silentWindowMax: number;
}

/** The parts of a plan that the controller reads. */
export type PlannedRollout = Pick<
  Plan,
  'model' | 'currentVersion' | 'canaryVersion' | 'sessionAffinity' | 'steps' | 'metrics'
>;

const SILENT_WINDOW_MAX = 3;

/**
 * The controller's part of a plan. The watch after the last step is as long as the longest horizon
 * of a metric that waits for labels, 0 without one: requests of its first window have their labels
 * then. The alarm comes after three windows without a verdict.
 *
 * @example rulesOf(plan, 'fraud-v7.1').steps[0] // { share: 0, bakeMs: 3_600_000 }
 */
export function rulesOf(plan: PlannedRollout, rolloutId: string): RolloutRules {
  const horizonsMs = plan.metrics.map((metric) =>
    metric.type === 'outcome' && metric.attribution === 'label' ? metric.horizonMs : 0,
  );
  return {
    rolloutId,
    model: plan.model,
    currentVersion: plan.currentVersion,
    canaryVersion: plan.canaryVersion,
    key: plan.sessionAffinity.key,
    boundary: plan.sessionAffinity.boundary,
    sessionMaxAgeMs: plan.sessionAffinity.maxAgeMs,
    steps: plan.steps.map(({ share, bakeMs }) => ({ share, bakeMs })),
    watchMs: Math.max(0, ...horizonsMs),
    silentWindowMax: SILENT_WINDOW_MAX,
  };
}

/** A stage that began, or is announced, at an event time on a window boundary. */
export interface StageBegun extends StageRef {
  /** The end of the window that decided it; windows from here to `fromMs` are in transition. */
  readonly decidedAtMs: number;
}

/** All that the controller remembers: plain JSON, equal after a round trip. */
export interface ControllerState {
  readonly phase: RolloutPhase;
  /** Oldest first; the last one is the present stage. Empty until the rollout begins. */
  readonly stages: readonly StageBegun[];
  /** The table in force, with the whole share history; null until the rollout begins. */
  readonly table: RoutingTable | null;
  /** Every step of the plan was passed: what is left is to watch. */
  readonly allPassed: boolean;
  /** Events so far: the next one has this number plus one. */
  readonly eventCount: number;
  /** The newest window judged; verdicts of it or of earlier windows are stale. */
  readonly lastVerdict: { readonly id: string; readonly windowStartMs: number } | null;
  /** Evidence budgets spent: a changed policy starts the evidence, and the promise, anew. */
  readonly budgetCount: number;
  readonly policyDigest: string | null;
  /** What the present hold is about, so that it is reported once; null while nothing holds. */
  readonly holdKey: string | null;
  /** Checks that a person has been told of: hold once per stage, warn once per rollout. */
  readonly toldOf: readonly string[];
  readonly silentWindowCount: number;
  /** The inputs are over: nothing more can happen. */
  readonly isEnded: boolean;
}

/**
 * The state of a rollout before it begins.
 *
 * @example initialState().stages.length // 0
 */
export function initialState(): ControllerState {
  return {
    phase: 'shadow',
    stages: [],
    table: null,
    allPassed: false,
    eventCount: 0,
    lastVerdict: null,
    budgetCount: 0,
    policyDigest: null,
    holdKey: null,
    toldOf: [],
    silentWindowCount: 0,
    isEnded: false,
  };
}
