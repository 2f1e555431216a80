import type { CheckResult, Driver, Verdict } from '../core/events/verdict.ts';
import { logText, numberText, shareText, timeText } from './number-text.ts';
import { countText } from './plan-file.ts';
import type { Style } from './style.ts';
import { fieldsText, tableText } from './table.ts';

/** A decision in the colour of what it does to the canary. */
export function decisionText(decision: string, style: Style): string {
  if (decision === 'promote') return style.green(decision);
  return decision === 'rollback' ? style.red(decision) : style.yellow(decision);
}

/** A whole verdict for a person: what was decided, why, every check with its numbers, the drivers. */
export function verdictText(verdict: Verdict, style: Style): string {
  const parts = [
    `${style.bold(decisionText(verdict.decision, style))}: ${verdict.reason}`,
    headText(verdict, style),
    checksText(verdict.checks, style),
  ];
  if (verdict.drivers.length > 0) parts.push(driversText(verdict.drivers, style));
  return parts.join('\n\n');
}

function headText(verdict: Verdict, style: Style): string {
  return fieldsText(
    [
      ['verdict', verdict.id],
      ['rollout', `${verdict.rolloutId} of ${verdict.model}`],
      ['versions', `${verdict.currentVersion} (current), ${verdict.canaryVersion} (canary)`],
      ['stage', `${verdict.stage.index}, share ${shareText(verdict.stage.share)}`],
      ['window', `${timeText(verdict.windowStartMs)} to ${timeText(verdict.windowEndMs)}`],
      ['policy', verdict.policyDigest],
      ['evidence', evidenceText(verdict.logEvidence, verdict.logEvidenceLimit)],
    ],
    style,
  );
}

/** Evidence is shown as its logarithm: at the limit it rolls back. */
function evidenceText(logEvidence: number, limit: number): string {
  return `ln E = ${logText(logEvidence)}, rolls back at ${numberText(limit)}`;
}

function checksText(checks: readonly CheckResult[], style: Style): string {
  const table = tableText(
    {
      head: [
        'check',
        'status',
        'asks',
        'effect',
        'bound',
        'limit',
        'current n',
        'canary n',
        'ln E',
        'tells in',
      ],
      rows: checks.map((check) => [
        check.name,
        statusText(check.status, style),
        check.asks,
        check.effect === null ? null : `${numberText(check.effect)} (${check.effectOf})`,
        numberText(check.bound),
        numberText(check.threshold),
        `${numberText(check.currentCount)} ${check.countOf}`,
        `${numberText(check.canaryCount)} ${check.countOf}`,
        logText(check.logEvidence),
        check.decidableInWindowCount === null
          ? null
          : countText(check.decidableInWindowCount, 'window'),
      ]),
      right: [4, 5, 6, 7, 8],
    },
    style,
  );
  return [table, '', ...checks.map((check) => `${check.name}: ${check.sentence}`)].join('\n');
}

/** A status in the colour of what it means for the canary. */
export function statusText(status: CheckResult['status'], style: Style): string {
  switch (status) {
    case 'pass':
      return style.green(status);
    case 'fail':
      return style.red(status);
    case 'inconclusive':
    case 'error':
      return style.yellow(status);
  }
}

function driversText(drivers: readonly Driver[], style: Style): string {
  return tableText(
    {
      head: ['where they differ', 'cell', 'pairs', 'disagree', 'lift', 'canary - current'],
      rows: drivers.map((driver) => [
        driver.field,
        driver.cell,
        driver.cellPairCount,
        shareText(driver.cellDisagreementRate),
        numberText(driver.lift),
        numberText(driver.direction),
      ]),
      right: [2, 3, 4, 5],
    },
    style,
  );
}
