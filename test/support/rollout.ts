import type { RoutingTable } from '../../src/core/events/routing.ts';
import type { CheckResult, Decision, Verdict } from '../../src/core/events/verdict.ts';
import { type ControllerInput, step } from '../../src/core/rollout/controller.ts';
import type { StepResult } from '../../src/core/rollout/result.ts';
import { firstTable } from '../../src/core/rollout/routing-table.ts';
import { stageAt } from '../../src/core/rollout/stages.ts';
import {
  type ControllerState,
  initialState,
  type RolloutRules,
} from '../../src/core/rollout/state.ts';

export const MINUTE_MS = 60_000;

/** Shadow for 3 windows, then 5 % for 2, then 100 % for 2; windows of one minute. */
export const RULES: RolloutRules = {
  rolloutId: 'fraud-v7.1',
  model: 'fraud',
  currentVersion: 'v6',
  canaryVersion: 'v7',
  key: 'unit_id',
  boundary: 'session',
  sessionMaxAgeMs: 86_400_000,
  steps: [
    { share: 0, bakeMs: 3 * MINUTE_MS },
    { share: 0.05, bakeMs: 2 * MINUTE_MS },
    { share: 1, bakeMs: 2 * MINUTE_MS },
  ],
  watchMs: 0,
  silentWindowMax: 3,
};

export function tableOf(over: Partial<RoutingTable> = {}): RoutingTable {
  return { ...firstTable(RULES, 0), ...over };
}

export function checkOf(over: Partial<CheckResult> = {}): CheckResult {
  return {
    name: 'error-rate',
    type: 'errorRate',
    nature: 'harm',
    status: 'pass',
    asks: 'none',
    reason: 'within_tolerance',
    sentence: 'the error rate is 1.02 times the current one; up to 1.25 is tolerated',
    currentCount: 1000,
    canaryCount: 1000,
    countOf: 'predictions',
    effect: 1.02,
    effectOf: 'rate ratio',
    bound: null,
    threshold: 1.25,
    logEvidence: -0.5,
    weight: 0.3,
    decidableInWindowCount: null,
    ...over,
  };
}

/** The verdict on window number `window` (from 0, one minute each), about the stage it belongs to. */
export function verdictOn(
  state: ControllerState,
  window: number,
  over: Partial<Verdict> = {},
): Verdict {
  const windowStartMs = window * MINUTE_MS;
  return {
    id: `v${window}`,
    rolloutId: RULES.rolloutId,
    model: RULES.model,
    currentVersion: RULES.currentVersion,
    canaryVersion: RULES.canaryVersion,
    stage: stageAt(state, windowStartMs),
    windowStartMs,
    windowEndMs: windowStartMs + MINUTE_MS,
    revision: 0,
    policyDigest: 'p1',
    decision: 'hold',
    reason: 'not enough evidence yet',
    checks: [],
    drivers: [],
    logEvidence: 0,
    logEvidenceLimit: 4.6,
    ...over,
  };
}

/** One judged window: the change takes effect `leadWindows` windows after its end. */
export interface JudgedWindow {
  readonly decision: Decision;
  readonly checks?: readonly CheckResult[];
  readonly leadWindows?: number;
}

export function inputOn(
  state: ControllerState,
  window: number,
  judged: JudgedWindow,
): ControllerInput {
  const { decision, checks = [] } = judged;
  const verdict = verdictOn(state, window, { decision, checks });
  const leadMs = (judged.leadWindows ?? 0) * MINUTE_MS;
  return { kind: 'verdict', verdict, effectiveFromMs: verdict.windowEndMs + leadMs };
}

/** A run from the beginning: windows 0, 1, 2 ... with the given decisions. */
export function run(
  judged: readonly (Decision | JudgedWindow)[],
  rules: RolloutRules = RULES,
): { readonly state: ControllerState; readonly steps: readonly StepResult[] } {
  const steps = [step(rules, initialState(), { kind: 'began', atMs: 0 })];
  let state = steps[0]?.state ?? initialState();
  for (const [window, each] of judged.entries()) {
    const judgedWindow = typeof each === 'string' ? { decision: each } : each;
    const result = step(rules, state, inputOn(state, window, judgedWindow));
    steps.push(result);
    state = result.state;
  }
  return { state, steps };
}
