import { isAveraged, logAverage } from '../verdict/budget.ts';
import { rounded, roundedEvidence } from '../verdict/rounded.ts';
import type { PlacedVerdict } from './budget-spans.ts';
import type { ReportAverage, ReportContribution } from './rollout-report.ts';

/**
 * The weighted average of e-values over time, when it first reached its limit, and what each check
 * brings into it at the end: weight * E as a share of the average. Without a verdict all is null;
 * without the plan of the last one there are no contributions.
 */
export function averageOf(verdicts: readonly PlacedVerdict[]): ReportAverage {
  const latest = verdicts.at(-1);
  const crossed = verdicts.find(({ verdict }) => verdict.logEvidence >= verdict.logEvidenceLimit);
  const series = verdicts.map(({ verdict, place }) => {
    const { decision, logEvidence, logEvidenceLimit } = verdict;
    return { ...place, decision, logEvidence, logEvidenceLimit };
  });
  const firstCrossed =
    crossed === undefined
      ? null
      : { ...crossed.place, verdictId: crossed.verdict.id, sentence: crossed.verdict.reason };
  return {
    logEvidence: latest?.verdict.logEvidence ?? null,
    logEvidenceLimit: latest?.verdict.logEvidenceLimit ?? null,
    firstCrossed,
    ...partsOf(latest),
    series,
  };
}

function partsOf(latest: PlacedVerdict | undefined): Pick<ReportAverage, 'contributions' | 'cash'> {
  if (latest === undefined || latest.policy === null) return { contributions: [], cash: null };
  const averaged = new Set(latest.policy.plan.metrics.filter(isAveraged).map(({ name }) => name));
  const parts = latest.verdict.checks.flatMap(({ name, weight, logEvidence }) =>
    averaged.has(name) && logEvidence !== null ? [{ name, weight, logEvidence }] : [],
  );
  const weight = Math.max(0, 1 - parts.reduce((sum, part) => sum + part.weight, 0));
  const total = logAverage(parts, weight);
  const contributions: readonly ReportContribution[] = parts
    .map((part) => ({
      ...part,
      share: rounded(part.weight * Math.exp(part.logEvidence - total)),
    }))
    .toSorted((a, b) => b.share - a.share);
  return {
    contributions,
    cash: { weight: roundedEvidence(weight), share: rounded(weight * Math.exp(-total)) },
  };
}
