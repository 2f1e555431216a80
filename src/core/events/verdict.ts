import type { MetricType } from './plan.ts';

/** `inconclusive`: could not tell. `error`: could not be computed. Neither ever counts as a pass. */
export type CheckStatus = 'pass' | 'fail' | 'inconclusive' | 'error';

/** Stable codes of why a check says what it says. */
export type CheckReason =
  | 'within_tolerance'
  | 'bound_crossed'
  | 'limit_crossed'
  | 'both_arms_slow'
  | 'not_enough_evidence'
  | 'too_few_samples'
  | 'too_few_pairs'
  | 'no_pairs'
  /** Pairs there are, but neither a label nor the plan says when two answers disagree. */
  | 'no_decision'
  | 'no_data'
  | 'no_profile'
  | 'no_labels'
  | 'no_variance'
  /** The limit is larger than anything this check can measure: it could never be crossed. */
  | 'limit_out_of_reach'
  | 'not_paired_here'
  /** The canary (or the current model) serves nobody in this stage, by design. */
  | 'not_served_here'
  /** The window lies between two stages: only critical checks look at it. */
  | 'transition'
  | 'warming_up'
  | 'sampled_by_outcome'
  | 'over_null_line'
  | 'dry_run';

/** One metric against its rule, after one window. */
export interface CheckResult {
  readonly name: string;
  readonly type: MetricType;
  /** `harm` rolls back; `difference` is what a better model does too. */
  readonly nature: 'harm' | 'difference' | 'health';
  readonly status: CheckStatus;
  /** What this check asks for now: `none` unless it fails. */
  readonly asks: 'rollback' | 'hold' | 'warn' | 'none';
  readonly reason: CheckReason;
  /** The sentence that decided, with its numbers. */
  readonly sentence: string;
  /** Observations behind it: predictions, pairs or blocks, as `countOf` says. */
  readonly currentCount: number;
  readonly canaryCount: number;
  readonly countOf: 'predictions' | 'pairs' | 'labels' | 'blocks';
  /** Point estimate in the metric's own unit; absent while there is none. */
  readonly effect: number | null;
  /** What the effect is: `rate ratio`, `rate`, `PSI`, ... */
  readonly effectOf: string;
  /** The anytime-valid bound on the side that matters, where the test has one. */
  readonly bound: number | null;
  readonly threshold: number | null;
  /** ln of the evidence against the rule; null for checks outside the average of e-values. */
  readonly logEvidence: number | null;
  readonly weight: number;
  /** Windows until this check could tell at the traffic of the latest windows; null: unknown or not asked. */
  readonly decidableInWindowCount: number | null;
}

/** A feature or context field in which the models disagree, with its worst cell. */
export interface Driver {
  readonly field: string;
  /** Bias-corrected mutual information in nats, or eta squared where there is no decision. */
  readonly strength: number;
  readonly measure: 'mutual_information' | 'eta_squared';
  readonly shareExplained: number;
  readonly cell: string;
  readonly cellPairCount: number;
  readonly cellDisagreementRate: number;
  readonly lift: number;
  /** Mean of (canary score - current score) in the cell; null without scores. */
  readonly direction: number | null;
}

export type Decision = 'promote' | 'hold' | 'rollback';

/** The stage a verdict speaks about. */
export interface StageRef {
  readonly index: number;
  readonly share: number;
  readonly fromMs: number;
}

/** What the evidence supports after one window. Same id, same bytes: nothing of clock or process in it. */
export interface Verdict {
  readonly id: string;
  readonly rolloutId: string;
  readonly model: string;
  readonly currentVersion: string;
  readonly canaryVersion: string;
  readonly stage: StageRef;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly revision: number;
  readonly policyDigest: string;
  readonly decision: Decision;
  /** One sentence: why. */
  readonly reason: string;
  readonly checks: readonly CheckResult[];
  readonly drivers: readonly Driver[];
  /** ln of the weighted average of e-values, and the line it must cross. */
  readonly logEvidence: number;
  readonly logEvidenceLimit: number;
}
