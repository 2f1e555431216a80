/**
 * The plan of a rollout as plain data: durations in ms, shares in [0, 1], every default filled in.
 * `app/plan` reads the YAML a user writes into this; nothing else makes one.
 */
export interface Plan {
  readonly name: string;
  readonly model: string;
  readonly currentVersion: string;
  readonly canaryVersion: string;
  readonly window: WindowSettings;
  readonly reference: ReferenceSettings;
  readonly decision: DecisionRule;
  /** Which share of requests is also sent to the other arm in split stages; null: none is. */
  readonly mirror: { readonly current: number; readonly canary: number } | null;
  readonly steps: readonly Step[];
  readonly metrics: readonly Metric[];
  readonly falseRollbackRate: number;
  readonly falseHoldRate: number;
  readonly promoteOn: 'noHarm' | 'proof';
  readonly mustCatch: MustCatch;
  readonly onInsufficientData: 'hold' | 'pass' | 'fail';
  readonly sessionAffinity: SessionAffinity;
  readonly keepPairs: KeepPairs;
  readonly watch: WatchSettings;
  readonly notifications: readonly NotificationTarget[];
  readonly routing: readonly RoutingTarget[];
  readonly limits: Limits;
}

/** Event-time windows and the bounds of the join. `graceMs >= skewMaxMs`, else a pair could not form. */
export interface WindowSettings {
  readonly lengthMs: number;
  readonly graceMs: number;
  readonly skewMaxMs: number;
  readonly outOfOrdernessMs: number;
  readonly futureMaxMs: number;
  readonly idleTimeoutMs: number;
  readonly late: 'drop' | 'amend';
}

/** Where the frozen cells come from: a profile file, or the first rows seen. */
export interface ReferenceSettings {
  readonly file: string | null;
  readonly minSampleCount: number;
  readonly minSpanMs: number;
}

/** What "the two models disagree" means where no label is logged, or where rankings decide. */
export interface DecisionRule {
  readonly threshold: number | null;
  readonly tolerance: number | null;
  /** Two rankings decide, whatever else is logged; null: labels and scores do. */
  readonly ranking: RankingRule | null;
}

/** Rankings disagree when those among their first `itemCount` items overlap by less than `overlapMin`. */
export interface RankingRule {
  readonly itemCount: number;
  readonly overlapMin: number;
}

/** One stage: share 0 is shadow. */
export interface Step {
  readonly share: number;
  readonly bakeMs: number;
  /** Canary predictions served since the stage began. Null: what `mustCatch` needs at this share. */
  readonly minSampleCount: number | null;
  readonly minPairCount: number;
}

/** Exceeded when both are: more than `ratio` times, and more than `difference` above. */
export interface Tolerance {
  readonly ratio: number;
  readonly difference: number;
}

/** What crossing a bound does. */
export type Consequence = 'rollback' | 'hold' | 'warn';

interface MetricBase {
  readonly name: string;
  /** Share of `falseRollbackRate` that this metric may spend; all weights sum to at most 1. */
  readonly weight: number;
  readonly critical: boolean;
  readonly dryRun: boolean;
  /** Which steps wait for this metric before they are passed. */
  readonly gates: 'all' | 'last' | 'none';
  readonly onFail: Consequence;
  /** Not judged for so long after a stage begins. */
  readonly warmupMs: number;
}

export interface ErrorRateMetric extends MetricBase {
  readonly type: 'errorRate';
  readonly tolerance: Tolerance;
}
export interface LatencyMetric extends MetricBase {
  readonly type: 'latency';
  readonly quantile: number;
  /** Absolute limit; rolls back only together with the relative check. */
  readonly maxMs: number | null;
  readonly tolerance: Tolerance;
}
export interface MissingMetric extends MetricBase {
  readonly type: 'missing';
  readonly max: number;
  readonly rollbackAbove: number | null;
}
export interface DisagreementMetric extends MetricBase {
  readonly type: 'disagreement';
  /** `all` pairs, or those in which either arm chose another decision than the majority. */
  readonly of: 'all' | 'minority';
  readonly max: number;
  /** Written by the user: then crossing it is a trigger. A default limit holds and asks a human. */
  readonly limitWritten: boolean;
}
export interface OutcomeMetric extends MetricBase {
  readonly type: 'outcome';
  readonly outcome: string;
  readonly attribution: 'served' | 'label';
  readonly loss: 'log' | 'brier' | 'zeroOne' | 'squared' | 'absolute' | 'pinball' | null;
  readonly pinballQuantile: number | null;
  readonly tolerance: Tolerance;
  /** Least value relative to the current model (`relativeTo: current`) or of the rate itself (null). */
  readonly floor: number | null;
  readonly relativeTo: 'current' | null;
  /** What a served outcome is judged by: the sum of its values, or (absent) how often it happens. */
  readonly of?: 'value';
  readonly matureShare: number;
  readonly horizonMs: number;
  readonly absent: 'exclude' | 'zero';
}
export interface DivergenceMetric extends MetricBase {
  readonly type: 'divergence';
  /** A field name: `score`, `label`, `feature.amount`. */
  readonly of: string;
  readonly measure: 'psi' | 'kl' | 'js';
  readonly max: number;
  readonly onFailUnpaired: Consequence;
}
export interface SegmentMetric extends MetricBase {
  readonly type: 'segment';
  readonly max: number;
  /** Written by the user: then crossing it is a trigger. A default limit holds and asks a human. */
  readonly limitWritten: boolean;
  readonly minPairCount: number;
}
export interface ScoreShiftMetric extends MetricBase {
  readonly type: 'scoreShift';
  /** Largest mean of (canary score - current score), in units of the score; always the user's own. */
  readonly max: number;
  readonly direction: 'either' | 'increase' | 'decrease';
}
export interface SkewMetric extends MetricBase {
  readonly type: 'skew';
  /** Share of pairs in which the two logs may have other values of one field. */
  readonly max: number;
  /** Written by the user: then crossing it is a trigger. A default limit holds and asks a human. */
  readonly limitWritten: boolean;
  readonly minPairCount: number;
}
export interface SampleRatioMetric extends MetricBase {
  readonly type: 'sampleRatio';
  /** A broken split says nothing against the canary: it has no weight to roll back with. */
  readonly onFail: Exclude<Consequence, 'rollback'>;
}

export type Metric =
  | ErrorRateMetric
  | LatencyMetric
  | MissingMetric
  | DisagreementMetric
  | OutcomeMetric
  | DivergenceMetric
  | SegmentMetric
  | ScoreShiftMetric
  | SkewMetric
  | SampleRatioMetric;
export type MetricType = Metric['type'];

/** The harms that enough samples must be able to show before a step is passed. */
export interface MustCatch {
  readonly errors: Tolerance;
  readonly latencyRatio: number;
}

export interface SessionAffinity {
  readonly key: 'unit_id' | 'request_id';
  readonly boundary: 'request' | 'session';
  readonly maxAgeMs: number;
}

/** Which joined pairs are written out for people to look at. */
export interface KeepPairs {
  readonly mode: 'all' | 'sampled' | 'disagreements' | 'none';
  /** Share by hash in mode `sampled`, and beside the disagreements in mode `disagreements`. */
  readonly share: number;
  readonly perWindowMax: number;
  readonly retentionMs: number;
}

/** Which features and context fields are watched, and how large a difference between the arms is skew. */
export interface WatchSettings {
  readonly featuresMax: number;
  readonly categoriesMax: number;
  /** Numbers differ when |a - b| > skewTolerance * max(1, |a|, |b|). */
  readonly skewTolerance: number;
}

export type NotificationTarget =
  | { readonly kind: 'log' }
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string | null };

export type RoutingTarget =
  | { readonly kind: 'memory' }
  | { readonly kind: 'file'; readonly path: string };

/** Everything that can grow, and where it stops. What happens at each limit is in docs/limits.md. */
export interface Limits {
  /** Open join keys per partition; at the limit the run stops with a clear error. */
  readonly openKeyCountMax: number;
  readonly recordSizeMaxBytes: number;
  readonly requestIdLengthMax: number;
  /** Dead letters kept with payload; beyond it they are only counted, by reason. */
  readonly deadLetterCountMax: number;
  /** Predictions that wait for their outcome; beyond it the oldest windows settle early. */
  readonly awaitingCountMax: number;
}
