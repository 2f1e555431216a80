import type { ReplayReport } from '../app/replay.ts';
import type { CheckResult } from '../core/events/verdict.ts';
import { numberText, shareText } from './number-text.ts';
import type { Style } from './style.ts';
import { tableText } from './table.ts';
import { checkValue, driverValue } from './verdict-value.ts';

/**
 * The checks that a rollout's end rests on: those that asked for it, else all that were judged. A
 * promotion rests on all of them, warnings included.
 */
export function decidingChecks(report: ReplayReport): readonly CheckResult[] {
  const checks = report.latest?.checks ?? [];
  if (report.decision === 'promoted') return checks;
  const wanted = report.decision === 'rolled_back' ? 'rollback' : 'hold';
  const asking = checks.filter((check) => check.asks === wanted);
  return asking.length > 0 ? asking : checks;
}

/** Why a rollout ended as it did. After the last step its verdicts speak of the watch, not of the end. */
export function endReason({ decision, latest, plan }: ReplayReport): string {
  if (latest === null) return 'no window closed';
  if (decision !== 'promoted') return latest.reason;
  const count = plan.steps.length;
  return `every step was passed (${count}); no bound was crossed since`;
}

/** A replay's result for machines: stable names, exact counts. */
export function reportValue(report: ReplayReport): unknown {
  const { counters, outcomeCounters } = report;
  return {
    rollout_id: report.rolloutId,
    decision: report.decision,
    stage:
      report.stage === null
        ? null
        : { index: report.stage.index, share: report.stage.share, from_ms: report.stage.fromMs },
    verdicts: report.verdictCount,
    reason: report.latest === null ? null : endReason(report),
    checks: decidingChecks(report).map(checkValue),
    drivers: report.drivers.map(driverValue),
    counts: {
      read: counters.read,
      matched: counters.matched,
      unmatched_current: counters.unmatchedCurrent,
      unmatched_canary: counters.unmatchedCanary,
      not_asked: counters.notAsked,
      duplicate: counters.duplicate,
      conflict: counters.conflict,
      late: counters.late,
      dead_lettered: counters.deadLettered,
      ignored: counters.ignored,
    },
    outcome_counts: {
      read: outcomeCounters.read,
      credited: outcomeCounters.credited,
      duplicate: outcomeCounters.duplicate,
      late: outcomeCounters.late,
      outcome_expired: outcomeCounters.expired,
      without_prediction: outcomeCounters.withoutPrediction,
      dead_lettered: outcomeCounters.deadLettered,
      ignored: outcomeCounters.ignored,
    },
    traffic: report.mode,
    clock: report.clock,
    warnings: report.warnings,
    files: report.files,
  };
}

/** A replay's result for a person. */
export function reportText(report: ReplayReport, style: Style): string {
  const { counters } = report;
  const colour =
    report.decision === 'promoted'
      ? style.green
      : report.decision === 'rolled_back'
        ? style.red
        : style.yellow;
  const stage =
    report.stage === null
      ? 'before any stage'
      : `at step ${report.stage.index + 1} of ${report.plan.steps.length} (${shareText(report.stage.share)})`;
  const checks = tableText(
    {
      head: ['check', 'status', 'asks', 'why'],
      rows: decidingChecks(report).map((check) => [
        check.name,
        check.status,
        check.asks,
        check.sentence,
      ]),
      right: [],
    },
    style,
  );
  const counts = Object.entries(counters)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${numberText(count)}`)
    .join(', ');
  return [
    `${style.bold(colour(report.decision.replace('_', ' ')))} ${stage}: ${endReason(report)}`,
    checks,
    `records: ${counts}`,
    `verdicts: ${report.verdictCount}\nfiles:\n${filesText(report.files)}`,
  ].join('\n\n');
}

/** The Parquet files are named by their folder: a long run leaves hundreds, which `-o json` lists. */
function filesText(files: readonly string[]): string {
  const named = files.filter((file) => !file.endsWith('.parquet'));
  const count = files.length - named.length;
  const parquet = `and ${numberText(count)} Parquet files, which views.sql reads`;
  return [...named, parquet].map((line) => `  ${line}`).join('\n');
}
