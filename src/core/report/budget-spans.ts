import type { Verdict } from '../events/verdict.ts';
import { roundedEvidence } from '../verdict/rounded.ts';
import type {
  PolicyPlan,
  ReportBudget,
  ReportBudgetSpan,
  ReportInput,
  ReportPlace,
} from './rollout-report.ts';

/** A verdict with its place in the rollout and the plan that it was judged by, where that is known. */
export interface PlacedVerdict {
  readonly verdict: Verdict;
  readonly place: ReportPlace;
  readonly policy: PolicyPlan | null;
}

/** Verdicts in their order, each with the evidence budget that it is of: a changed policy begins one. */
export function placed(input: Pick<ReportInput, 'verdicts' | 'plans'>): readonly PlacedVerdict[] {
  let budgetIndex = -1;
  let digest: string | null = null;
  return input.verdicts.map((verdict) => {
    if (verdict.policyDigest !== digest) budgetIndex += 1;
    digest = verdict.policyDigest;
    const { windowStartMs, windowEndMs, stage } = verdict;
    return {
      verdict,
      place: { windowStartMs, windowEndMs, stageIndex: stage.index, budgetIndex },
      policy: input.plans.find(({ policyDigest }) => policyDigest === digest) ?? null,
    };
  });
}

/**
 * The evidence budgets that were spent, one per policy in force. The bound of a wrong rollback over
 * all of them is the sum of their rates (a union bound), at most 1; an unknown rate counts as 1.
 *
 * @example budgetOfVerdicts([]) // { spentCount: 0, falseRollbackRateSum: 0, spans: [] }
 */
export function budgetOfVerdicts(verdicts: readonly PlacedVerdict[]): ReportBudget {
  const spans: ReportBudgetSpan[] = [];
  for (const { verdict, place, policy } of verdicts) {
    const before = spans[place.budgetIndex];
    spans[place.budgetIndex] =
      before === undefined
        ? firstOf(verdict, policy)
        : {
            ...before,
            untilMs: verdict.windowEndMs,
            windowCount: before.windowCount + 1,
            logEvidenceMax: Math.max(before.logEvidenceMax, verdict.logEvidence),
          };
  }
  const sum = spans.reduce((total, { falseRollbackRate }) => total + (falseRollbackRate ?? 1), 0);
  return {
    spentCount: spans.length,
    falseRollbackRateSum: Math.min(1, roundedEvidence(sum)),
    spans,
  };
}

function firstOf(verdict: Verdict, policy: PolicyPlan | null): ReportBudgetSpan {
  return {
    policyDigest: verdict.policyDigest,
    fromMs: verdict.windowStartMs,
    untilMs: verdict.windowEndMs,
    windowCount: 1,
    falseRollbackRate: policy?.plan.falseRollbackRate ?? null,
    falseHoldRate: policy?.plan.falseHoldRate ?? null,
    logEvidenceLimit: verdict.logEvidenceLimit,
    logEvidenceMax: verdict.logEvidence,
  };
}
