import type { Metric, Plan } from '../events/plan.ts';
import type { CheckResult, CheckStatus } from '../events/verdict.ts';
import { budgetOf, isAveraged } from '../verdict/budget.ts';
import { checkOf } from '../verdict/checks/registry.ts';
import { roundedEvidence } from '../verdict/rounded.ts';
import type { PlacedVerdict } from './budget-spans.ts';
import type {
  PolicyPlan,
  ReportCheck,
  ReportCheckPoint,
  ReportCrossing,
  ReportNotJudged,
} from './rollout-report.ts';

/** A check's result in one window, with where it stands. */
interface Seen extends PlacedVerdict {
  readonly check: CheckResult;
}

/**
 * Every check of the rollout with its series: those of the plan in force in its order, then those of
 * earlier plans only. A check has a point for each verdict that speaks of it.
 */
export function checksOf(verdicts: readonly PlacedVerdict[], last: Plan): readonly ReportCheck[] {
  const seen = new Map<string, Seen[]>(last.metrics.map(({ name }) => [name, []]));
  for (const one of verdicts) {
    for (const check of one.verdict.checks) {
      const series = seen.get(check.name) ?? [];
      series.push({ ...one, check });
      seen.set(check.name, series);
    }
  }
  const lines = linesByPolicy(verdicts);
  return [...seen.values()].flatMap((series) => reportCheck(series, lines) ?? []);
}

/** Where each check of a policy rolls back alone. */
type PolicyLines = ReadonlyMap<PolicyPlan | null, ReadonlyMap<string, PolicyLine>>;

interface PolicyLine {
  readonly metric: Metric;
  readonly logEvidenceLimit: number | null;
}

function linesByPolicy(verdicts: readonly PlacedVerdict[]): PolicyLines {
  const policies = new Set(verdicts.map(({ policy }) => policy));
  return new Map([...policies].map((policy) => [policy, linesOf(policy)]));
}

function linesOf(policy: PolicyPlan | null): ReadonlyMap<string, PolicyLine> {
  if (policy === null) return new Map();
  const { lines } = budgetOf(policy.plan);
  return new Map(
    policy.plan.metrics.map((metric, i) => {
      const line = lines[i]?.rollback ?? Infinity;
      const mayRollBack = checkOf(metric).triggers && Number.isFinite(line);
      return [
        metric.name,
        { metric, logEvidenceLimit: mayRollBack ? roundedEvidence(line) : null },
      ];
    }),
  );
}

function reportCheck(series: readonly Seen[], lines: PolicyLines): ReportCheck | null {
  const last = series.at(-1);
  if (last === undefined) return null;
  const { check } = last;
  const lineOf = ({ policy, check: { name } }: Seen) => lines.get(policy)?.get(name);
  const line = lineOf(last);
  const points = series.map((one) => point(one, lineOf(one)?.logEvidenceLimit ?? null));
  const crossed = series[points.findIndex(({ isCrossed }) => isCrossed)];
  return {
    name: check.name,
    type: check.type,
    nature: check.nature,
    weight: check.weight,
    countOf: check.countOf,
    effectOf: check.effectOf,
    isAveraged: line !== undefined && isAveraged(line.metric),
    logEvidenceLimit: line?.logEvidenceLimit ?? null,
    logEvidenceMax: mostEvidence(series),
    firstCrossed: crossed === undefined ? null : crossing(crossed),
    statusCounts: statusCounts(series),
    sentence: check.sentence,
    series: points,
  };
}

/** A check that fails has crossed whichever line it holds, warns or rolls back at. */
function hasCrossed({ status, logEvidence }: CheckResult, limit: number | null): boolean {
  return status === 'fail' || (limit !== null && logEvidence !== null && logEvidence >= limit);
}

function crossing({ place, verdict, check }: Seen): ReportCrossing {
  return { ...place, verdictId: verdict.id, sentence: check.sentence };
}

function mostEvidence(series: readonly Seen[]): number | null {
  return series.reduce<number | null>((most, { check: { logEvidence } }) => {
    if (logEvidence === null) return most;
    return most === null ? logEvidence : Math.max(most, logEvidence);
  }, null);
}

function statusCounts(series: readonly Seen[]): Record<CheckStatus, number> {
  const counts: Record<CheckStatus, number> = { pass: 0, fail: 0, inconclusive: 0, error: 0 };
  for (const { check } of series) counts[check.status] += 1;
  return counts;
}

function point({ place, check }: Seen, limit: number | null): ReportCheckPoint {
  return {
    ...place,
    status: check.status,
    asks: check.asks,
    reason: check.reason,
    effect: finiteOrNull(check.effect),
    bound: finiteOrNull(check.bound),
    threshold: finiteOrNull(check.threshold),
    logEvidence: check.logEvidence,
    currentCount: check.currentCount,
    canaryCount: check.canaryCount,
    isCrossed: hasCrossed(check, limit),
  };
}

/** A bound may be infinite, which JSON cannot say: then there is none. */
function finiteOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

/**
 * What was not judged: windows in which a check was inconclusive or could not be computed, by check
 * and reason, in the order in which that came up.
 */
export function notJudgedOf(verdicts: readonly PlacedVerdict[]): readonly ReportNotJudged[] {
  const groups = new Map<string, ReportNotJudged>();
  for (const { verdict } of verdicts) {
    for (const { name, status, reason, sentence } of verdict.checks) {
      if (status !== 'inconclusive' && status !== 'error') continue;
      const key = JSON.stringify([name, status, reason]);
      const before = groups.get(key);
      groups.set(key, {
        name,
        status,
        reason,
        windowCount: (before?.windowCount ?? 0) + 1,
        firstWindowStartMs: before?.firstWindowStartMs ?? verdict.windowStartMs,
        lastWindowStartMs: verdict.windowStartMs,
        sentence,
      });
    }
  }
  return [...groups.values()];
}
