import type { MetricType, Plan } from '../events/plan.ts';
import type { RolloutEvent } from '../events/routing.ts';
import type { CheckResult, Decision, Driver, Verdict } from '../events/verdict.ts';
import type { WindowCounts, WindowSummary } from '../windows/summary.ts';

/** A plan with the digest by which verdicts name it. */
export interface PolicyPlan {
  readonly policyDigest: string;
  readonly plan: Plan;
}

/** What a report needs of a stored window: its head and its counts, no cells. */
export interface WindowRecord
  extends Pick<
    WindowSummary,
    'windowStartMs' | 'windowEndMs' | 'revision' | 'profileHash' | 'missingPartitions' | 'counts'
  > {
  readonly current: ArmCounts;
  readonly canary: ArmCounts;
}

/** One arm's predictions in a window. */
export interface ArmCounts {
  readonly predictions: number;
  readonly served: number;
  readonly errors: number;
}

/** All that a report is made of. */
export interface ReportInput {
  readonly rolloutId: string;
  /** Every plan that a verdict names; the last one is in force. */
  readonly plans: readonly [...PolicyPlan[], PolicyPlan];
  /** Of revision 0, in the order of their windows. */
  readonly verdicts: readonly Verdict[];
  /** Up to the last verdict's, by start and revision. */
  readonly windows: readonly WindowRecord[];
  /** The history of the rollout, in its order. */
  readonly events: readonly RolloutEvent[];
}

/**
 * A rollout as one document: what was decided and by which evidence, window by window. It is what
 * every renderer draws; `schemas/report.schema.json` is its schema. Event times in ms since 1970,
 * rates and shares in [0, 1], evidence as ln E. What could not be told is null, never a number.
 */
export interface RolloutReport {
  readonly apiVersion: 'coalmine.dev/v1';
  readonly kind: 'RolloutReport';
  readonly rolloutId: string;
  readonly model: string;
  readonly currentVersion: string;
  readonly canaryVersion: string;
  /** The policy of the latest verdict; before there is one, of the plan in force. */
  readonly policyDigest: string;
  readonly windowLengthMs: number;
  /** From the start of the first judged window to the end of the last; null before there is one. */
  readonly fromMs: number | null;
  readonly untilMs: number | null;
  readonly decision: ReportDecision;
  readonly stages: readonly ReportStage[];
  readonly budget: ReportBudget;
  readonly average: ReportAverage;
  /** In the order of the plan; checks of earlier plans only come last. */
  readonly checks: readonly ReportCheck[];
  /** Checks that ask for the rollback at the end, the strongest evidence first; none: no check alone. */
  readonly culprits: readonly ReportCulprit[];
  /** At the end, the strongest first. */
  readonly drivers: readonly ReportDriver[];
  /** Sums over all windows, each in its latest revision. */
  readonly account: ReportAccount;
  readonly windows: readonly ReportWindow[];
  /** Stretches in which no window holds a record: nothing was judged there. */
  readonly gaps: readonly ReportGap[];
  readonly notJudged: readonly ReportNotJudged[];
}

/** How the rollout stands or ended, and the sentence that decided. */
export interface ReportDecision {
  readonly outcome: 'running' | 'held' | 'promoted' | 'rolled_back';
  /** The event time from which on it holds; null while the rollout runs. */
  readonly atMs: number | null;
  readonly reason: string;
  /** The verdict that caused it; null where none did. */
  readonly verdictId: string | null;
  readonly latest: ReportLatestVerdict | null;
}

/** The last verdict. */
export interface ReportLatestVerdict {
  readonly verdictId: string;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly decision: Decision;
  readonly reason: string;
}

/** A stage that began. One that was announced and never began, because of a rollback, is left out. */
export interface ReportStage {
  readonly index: number;
  readonly share: number;
  /** The end of the window that decided it; windows from then to `fromMs` lie between two stages. */
  readonly decidedAtMs: number;
  readonly fromMs: number;
  /** When the next stage began or the rollout ended; null: it lasts. */
  readonly untilMs: number | null;
  /** The least time it must last, and how long windows of it were judged; null: the plan has no such step. */
  readonly bakeMs: number | null;
  readonly bakedMs: number;
  readonly windowCount: number;
  /** Pairs in shadow, else answers that the canary served. */
  readonly sampleCount: number;
  readonly sampleOf: 'pairs' | 'canary_answers';
  /** As the plan says; null: what its `mustCatch` needs at this share. */
  readonly sampleCountMin: number | null;
  readonly passed: ReportPassing | null;
}

/** The verdict by which a stage was passed. */
export interface ReportPassing {
  readonly atMs: number;
  readonly verdictId: string | null;
  readonly reason: string;
}

/** How often the promise was given: each changed plan begins the evidence, and its budget, anew. */
export interface ReportBudget {
  readonly spentCount: number;
  /** Bound of a wrong rollback over all of them; at most 1. */
  readonly falseRollbackRateSum: number;
  readonly spans: readonly ReportBudgetSpan[];
}

/** The windows that one evidence budget judged. */
export interface ReportBudgetSpan {
  readonly policyDigest: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly windowCount: number;
  /** Null: the plan of that policy is not known. */
  readonly falseRollbackRate: number | null;
  readonly falseHoldRate: number | null;
  readonly logEvidenceLimit: number;
  /** The most that the average of e-values came to. */
  readonly logEvidenceMax: number;
}

/** The weighted average of e-values: at its limit the canary is rolled back. */
export interface ReportAverage {
  readonly logEvidence: number | null;
  readonly logEvidenceLimit: number | null;
  readonly firstCrossed: ReportCrossing | null;
  /** Parts of the average at the end, the greatest first; their shares and that of the cash sum to 1. */
  readonly contributions: readonly ReportContribution[];
  /** The weight that no trigger uses stays at E = 1. */
  readonly cash: { readonly weight: number; readonly share: number } | null;
  readonly series: readonly ReportAveragePoint[];
}

/** What one check brings into the average. */
export interface ReportContribution {
  readonly name: string;
  readonly weight: number;
  readonly logEvidence: number;
  /** Of the average, in [0, 1]. */
  readonly share: number;
}

/** Where a point of a series stands. */
export interface ReportPlace {
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly stageIndex: number;
  /** Which span of the budget: evidence of two spans is not of one piece. */
  readonly budgetIndex: number;
}

/** The average after one window. */
export interface ReportAveragePoint extends ReportPlace {
  readonly decision: Decision;
  readonly logEvidence: number;
  readonly logEvidenceLimit: number;
}

/** The first window in which a line was crossed. */
export interface ReportCrossing extends ReportPlace {
  readonly verdictId: string;
  readonly sentence: string;
}

/** One check from the first window to the last. */
export interface ReportCheck {
  readonly name: string;
  readonly type: MetricType;
  readonly nature: CheckResult['nature'];
  readonly weight: number;
  readonly countOf: CheckResult['countOf'];
  readonly effectOf: string;
  /** Whether its evidence enters the average. */
  readonly isAveraged: boolean;
  /** ln E at which it rolls back alone (a dry run: would); null: its evidence never does. */
  readonly logEvidenceLimit: number | null;
  readonly logEvidenceMax: number | null;
  readonly firstCrossed: ReportCrossing | null;
  readonly statusCounts: Readonly<Record<CheckResult['status'], number>>;
  /** What it says last; the numbers of that are the last of the series. */
  readonly sentence: string;
  readonly series: readonly ReportCheckPoint[];
}

/** A check after one window: the value beside its bound and threshold, in the metric's own unit. */
export interface ReportCheckPoint
  extends ReportPlace,
    Pick<
      CheckResult,
      | 'status'
      | 'asks'
      | 'reason'
      | 'effect'
      | 'bound'
      | 'threshold'
      | 'logEvidence'
      | 'currentCount'
      | 'canaryCount'
    > {
  /** Whether the check fails here, or its evidence is at its line. */
  readonly isCrossed: boolean;
}

/** A check that asks for the rollback. */
export interface ReportCulprit {
  readonly name: string;
  readonly sentence: string;
  readonly logEvidence: number | null;
  readonly firstCrossedMs: number | null;
}

/** A driver, and since when it is known. */
export interface ReportDriver extends Driver {
  /** The start of the first window whose verdict named the field. */
  readonly firstNamedMs: number;
  readonly namedWindowCount: number;
}

/** Records by what became of them. `matched` counts pairs. */
export interface ReportAccount extends WindowCounts {
  readonly windowCount: number;
  /** Windows in which a partition had not reported at the deadline. */
  readonly incompleteWindowCount: number;
  /** Windows that late records changed after they were judged. */
  readonly amendedWindowCount: number;
  readonly current: ArmCounts;
  readonly canary: ArmCounts;
}

/** One window's records, in its latest revision; it was judged by revision 0. */
export interface ReportWindow extends WindowRecord {
  /** Null: it was not judged. */
  readonly verdictId: string | null;
}

/** Windows that are missing between two that hold something. */
export interface ReportGap {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly windowCount: number;
}

/** Windows in which a check could not tell, or could not be computed, for one reason. */
export interface ReportNotJudged {
  readonly name: string;
  readonly status: 'inconclusive' | 'error';
  readonly reason: CheckResult['reason'];
  readonly windowCount: number;
  readonly firstWindowStartMs: number;
  readonly lastWindowStartMs: number;
  /** What it said in the last of them. */
  readonly sentence: string;
}
