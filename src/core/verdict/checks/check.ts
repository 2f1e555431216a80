import type { Arm } from '../../events/arm.ts';
import type { Consequence, Metric, Plan } from '../../events/plan.ts';
import type { CheckReason, CheckResult, StageRef } from '../../events/verdict.ts';
import type { WindowSummary } from '../../windows/summary.ts';

/** One window as every check sees it. */
export interface CheckInput {
  readonly plan: Plan;
  readonly summary: WindowSummary;
  readonly stage: StageRef;
  /** Whether this window enters the evidence of this check. */
  readonly folds: boolean;
  /** Margins are so many times as wide: 2 in a window between stages. */
  readonly marginFactor: number;
  readonly lines: Lines;
}

/** What ln E must reach: for a check of its own weight to roll back, and for one test to hold. */
export interface Lines {
  readonly rollback: number;
  readonly hold: number;
}

/**
 * What a check asks of a promotion. `open`: the estimate is inside the tolerance. `shut`: it is
 * outside. `unknown`: too little data to say. `exempt`: this step cannot tell, by design.
 */
export type Gate = 'open' | 'shut' | 'unknown' | 'exempt';

/** What one check says after one window; the judge adds name, weight and what dry runs change. */
export interface Finding
  extends Omit<CheckResult, 'name' | 'type' | 'nature' | 'weight' | 'logEvidence'> {
  readonly gate: Gate;
  /** ln E against the rule: enters the average of e-values when the check is a trigger. */
  readonly logEvidence: number;
  /** How well a pass here would have stopped the harm that must be caught, where this check can say. */
  readonly slip?: Slip;
  /** The cell that the sentence is about, where it is about one. */
  readonly place?: Place;
}

/** One cell of a watched field. */
export interface Place {
  readonly fieldName: string;
  readonly cell: number;
}

/** The chance that a canary of so much harm would have passed as well. */
export interface Slip {
  /** The canary, as in "a canary ...": `1.25 times as slow`. */
  readonly canary: string;
  readonly probability: number;
}

/** A check of one metric type: the one shape. State is plain data that survives JSON bit for bit. */
export interface CheckKind<M extends Metric, S extends { readonly type: string }> {
  readonly type: S['type'];
  readonly nature: CheckResult['nature'];
  /** Whether its evidence enters the average of e-values that rolls back. Fixed by the plan. */
  triggers(metric: M): boolean;
  /** How many of its tests can hold or warn: they share `falseHoldRate` evenly. Fixed by the plan. */
  holdTests(metric: M): number;
  init(metric: M, plan: Plan): S;
  /** Folds one window; called only for windows that enter the evidence. */
  update(state: S, metric: M, input: CheckInput): S;
  result(state: S, metric: M, input: CheckInput): Finding;
}

/** Before there are runs of a model against itself, evidence of checks that are not critical counts a quarter. */
const DISPERSION_NOT_CRITICAL = 4;

/**
 * By how much the increments of evidence are divided, because requests are not independent.
 *
 * @example dispersionOf({ critical: true }) // 1
 */
export function dispersionOf(metric: { readonly critical: boolean }): number {
  return metric.critical ? 1 : DISPERSION_NOT_CRITICAL;
}

/** Whether a step of the plan has pairs: shadow, or a mirrored split. */
export function pairedHere(input: CheckInput): boolean {
  return input.stage.share === 0 || input.plan.mirror !== null;
}

/** The stage that this window counts for, or null for a window between stages. */
export function stageOfWindow(input: CheckInput): number | null {
  return input.summary.windowStartMs < input.stage.fromMs ? null : input.stage.fromMs;
}

/**
 * What crossing the limit of a difference metric does. A limit that the user wrote does what the plan
 * says; a default one holds in shadow and in the first step, where a human can look first, and warns
 * in later split stages. A metric that only warns only warns.
 *
 * @example consequenceOfLimit({ limitWritten: false, onFail: 'hold' }, { index: 1, share: 0.05 }) // 'warn'
 */
export function consequenceOfLimit(
  metric: { readonly limitWritten: boolean; readonly onFail: Consequence },
  stage: { readonly index: number; readonly share: number },
): Consequence {
  if (metric.limitWritten || metric.onFail === 'warn') return metric.onFail;
  return stage.share === 0 || stage.index === 0 ? 'hold' : 'warn';
}

/**
 * Whether a difference metric may roll back: only at a limit that the user wrote.
 *
 * @example limitTriggers({ limitWritten: false, onFail: 'rollback' }) // false
 */
export function limitTriggers(metric: {
  readonly limitWritten: boolean;
  readonly onFail: Consequence;
}): boolean {
  return metric.limitWritten && metric.onFail === 'rollback';
}

/** A check that only warns never keeps a rollout waiting. */
export function gateUnder(consequence: Consequence, gate: Gate): Gate {
  return consequence === 'warn' ? 'exempt' : gate;
}

/** The line of a consequence: warnings share the budget of holds. */
export function lineOf(consequence: Consequence, lines: Lines): number {
  return consequence === 'rollback' ? lines.rollback : lines.hold;
}

/** True when the log of one arm was sampled at two rates within one window: nothing can be told from it. */
export function sampledByOutcome(summary: WindowSummary): boolean {
  return (['current', 'canary'] satisfies Arm[]).some((arm) => {
    const numbers = summary.arms[arm];
    return numbers.predictions > 0 && numbers.samplingFractionMin !== numbers.samplingFractionMax;
  });
}

/** Finding of a check that cannot tell: never a pass. */
export function cannotTell(
  reason: CheckReason,
  sentence: string,
  rest: Pick<Finding, 'gate' | 'countOf' | 'effectOf' | 'logEvidence'> & Partial<Finding>,
): Finding {
  return {
    status: 'inconclusive',
    asks: 'none',
    reason,
    sentence,
    currentCount: 0,
    canaryCount: 0,
    effect: null,
    bound: null,
    threshold: null,
    decidableInWindowCount: null,
    ...rest,
  };
}

/**
 * a / b, where that is a number to speak of; else null.
 *
 * @example ratioOrNull(1, 0) // null
 */
export function ratioOrNull(a: number, b: number): number | null {
  const ratio = a / b;
  return Number.isFinite(ratio) ? ratio : null;
}

/**
 * Windows until evidence could reach its line: observations that a plan says it takes, in windows of
 * so many; null when it never would, or nothing arrives.
 *
 * @example windowsFor(450, 100) // 5
 */
export function windowsFor(observations: number | null, perWindow: number): number | null {
  if (observations === null || !(perWindow > 0)) return null;
  return Math.max(1, Math.ceil(observations / perWindow));
}
