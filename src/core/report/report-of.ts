import type { RolloutEvent } from '../events/routing.ts';
import type { Verdict } from '../events/verdict.ts';
import { defined } from '../foundation/assert.ts';
import { accountOf, gapsOf, windowsOf } from './account.ts';
import { averageOf } from './average.ts';
import { budgetOfVerdicts, type PlacedVerdict, placed } from './budget-spans.ts';
import { checksOf, notJudgedOf } from './check-series.ts';
import type {
  ReportCheck,
  ReportCulprit,
  ReportDecision,
  ReportDriver,
  ReportInput,
  RolloutReport,
} from './rollout-report.ts';
import { stagesOf } from './stages.ts';

/**
 * The report of a rollout from its verdicts, windows and events. Pure: the same input gives the same
 * document, and its JSON the same bytes. A rollout without a verdict has empty series and says that
 * nothing was judged; amended windows change the account, never the evidence.
 *
 * @example reportOf({ ...input, verdicts: [], windows: [] }).decision.reason // 'no window was judged yet'
 */
export function reportOf(input: ReportInput): RolloutReport {
  const { policyDigest, plan } = defined(input.plans.at(-1), 'the plan in force');
  const verdicts = placed(input);
  const [latest, first] = [verdicts.at(-1), verdicts[0]];
  const checks = checksOf(verdicts, plan);
  const windows = windowsOf(input.windows, verdicts);
  return {
    apiVersion: 'coalmine.dev/v1',
    kind: 'RolloutReport',
    rolloutId: input.rolloutId,
    model: plan.model,
    currentVersion: plan.currentVersion,
    canaryVersion: plan.canaryVersion,
    policyDigest: latest?.verdict.policyDigest ?? policyDigest,
    windowLengthMs: plan.window.lengthMs,
    fromMs: first?.place.windowStartMs ?? null,
    untilMs: latest?.place.windowEndMs ?? null,
    decision: decisionOf(input.events, latest?.verdict ?? null),
    stages: stagesOf(input, verdicts),
    budget: budgetOfVerdicts(verdicts),
    average: averageOf(verdicts),
    checks,
    culprits: culpritsOf(latest?.verdict ?? null, checks),
    drivers: driversOf(verdicts),
    account: accountOf(windows),
    windows,
    gaps: gapsOf(windows, plan.window.lengthMs),
    notJudged: notJudgedOf(verdicts),
  };
}

/** The last thing that happened to the rollout as a whole says how it stands. */
function decisionOf(events: readonly RolloutEvent[], latest: Verdict | null): ReportDecision {
  const last = events.findLast(({ kind }) => kind !== 'stage_passed' && kind !== 'plan_changed');
  const said = {
    latest:
      latest === null
        ? null
        : {
            verdictId: latest.id,
            windowStartMs: latest.windowStartMs,
            windowEndMs: latest.windowEndMs,
            decision: latest.decision,
            reason: latest.reason,
          },
  };
  if (last?.kind === 'held' || last?.kind === 'promoted' || last?.kind === 'rolled_back') {
    const { kind: outcome, fromMs: atMs, reason, verdictId } = last;
    return { outcome, atMs, reason, verdictId, ...said };
  }
  return {
    outcome: 'running',
    atMs: null,
    reason: latest?.reason ?? 'no window was judged yet',
    verdictId: latest?.id ?? null,
    ...said,
  };
}

function culpritsOf(
  latest: Verdict | null,
  checks: readonly ReportCheck[],
): readonly ReportCulprit[] {
  if (latest === null || latest.decision !== 'rollback') return [];
  return latest.checks
    .filter(({ asks }) => asks === 'rollback')
    .toSorted((a, b) => (b.logEvidence ?? -Infinity) - (a.logEvidence ?? -Infinity))
    .map(({ name, sentence, logEvidence }) => ({
      name,
      sentence,
      logEvidence,
      firstCrossedMs:
        checks.find((check) => check.name === name)?.firstCrossed?.windowStartMs ?? null,
    }));
}

/** The drivers of the last verdict: when each was first named, and in how many windows. */
function driversOf(verdicts: readonly PlacedVerdict[]): readonly ReportDriver[] {
  const named = new Map<string, { readonly firstMs: number; readonly count: number }>();
  for (const { verdict } of verdicts) {
    for (const { field } of verdict.drivers) {
      const before = named.get(field);
      named.set(field, {
        firstMs: before?.firstMs ?? verdict.windowStartMs,
        count: (before?.count ?? 0) + 1,
      });
    }
  }
  return (verdicts.at(-1)?.verdict.drivers ?? []).map((driver) => {
    const { firstMs, count } = defined(named.get(driver.field), `the driver ${driver.field}`);
    return { ...driver, firstNamedMs: firstMs, namedWindowCount: count };
  });
}
