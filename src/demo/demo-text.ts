import type { ReplayReport } from '../app/replay.ts';
import { shareText } from '../cli/number-text.ts';
import { decidingChecks, endReason } from '../cli/replay-text.ts';
import type { Style } from '../cli/style.ts';
import { tableText } from '../cli/table.ts';
import type { CheckResult } from '../core/events/verdict.ts';
import { PSI_LIMIT, type PsiRule, RULE_ANSWERS_MIN } from './psi-rule.ts';
import { type DemoRollout, words } from './rollouts.ts';
import type { DemoLogs } from './write-logs.ts';

/** One rollout of the demo, ended. */
export interface DemoRun {
  readonly rollout: DemoRollout;
  readonly out: string;
  readonly report: ReplayReport;
  readonly rule: PsiRule;
}

const DAY_MS = 86_400_000;

/** What the demo says at its end: the rollouts side by side, why, a plain rule, and what to try next. */
export function demoText(runs: readonly DemoRun[], logs: DemoLogs, style: Style): string {
  const count = logs.requestCount.toLocaleString('en-US');
  const parts = [
    `${runs.length} canaries of one flight-delay model, judged by one plan on the same ${count} flights.\n` +
      'AUC and squared error of each over all of them: current -> canary.',
    rolloutTable(runs, logs, style),
    ...runs.map((run) => [whyText(run.report, style), ...qualityNotes(run, logs)].join('\n')),
    `The same windows under a plain rule, "roll back when the PSI of the score is above ${PSI_LIMIT}":`,
    ruleTable(runs, style),
    ruleSummary(runs),
    filesText(runs),
    nextText(runs),
  ];
  return `\n${parts.join('\n\n')}\n`;
}

function rolloutTable(runs: readonly DemoRun[], logs: DemoLogs, style: Style): string {
  return tableText(
    {
      head: ['rollout', 'canary', 'AUC', 'error', 'ended', 'at', 'after', 'differ'],
      rows: runs.map(({ rollout, report }) => {
        const current = logs.quality.all.current;
        const canary = logs.quality.all[rollout.arm];
        return [
          report.rolloutId,
          rollout.about,
          `${current.auc.toFixed(3)} -> ${canary.auc.toFixed(3)}`,
          change(current.brier, canary.brier),
          words(report.decision),
          placeText(report),
          daysText(report, report.latest?.windowEndMs ?? null),
          differText(report),
        ];
      }),
      right: [6, 7],
    },
    style,
  );
}

function placeText({ stage, plan }: ReplayReport): string {
  if (stage === null) return '-';
  return `step ${stage.index + 1} of ${plan.steps.length} (${shareText(stage.share)})`;
}

function differText({ latest }: ReplayReport): string {
  const differ = latest?.checks.find((check) => check.type === 'disagreement')?.effect ?? null;
  return differ === null ? '-' : shareText(differ);
}

/** Event time from the rollout's first window to this moment. */
function daysText({ firstWindowStartMs }: ReplayReport, atMs: number | null): string {
  if (atMs === null || firstWindowStartMs === null) return '-';
  return `${((atMs - firstWindowStartMs) / DAY_MS).toFixed(1)} days`;
}

/** The sentence that decided; of a promotion also what warns, what was right or wrong, and what else passed. */
export function whyText(report: ReplayReport, style: Style): string {
  const reason = endReason(report);
  const checks = decidingChecks(report).filter(({ sentence }) => !reason.includes(sentence));
  const warns = checks.filter(({ asks }) => asks === 'warn');
  const told = checks.filter((check) => TOLD.includes(check.type) && !warns.includes(check));
  const rest = checks.filter((check) => !told.includes(check) && !warns.includes(check));
  return [
    `${style.bold(report.rolloutId)}: ${reason}`,
    ...warns.map(({ name, sentence }) => `  ${style.yellow('warning:')} ${name}: ${sentence}`),
    ...told.map(({ name, status, sentence }) => `  ${status}: ${name}: ${sentence}`),
    ...restText(rest),
  ].join('\n');
}

/** The checks that look at the answers themselves. */
const TOLD: readonly string[] = ['disagreement', 'outcome'];

function restText(checks: readonly CheckResult[]): readonly string[] {
  const byStatus = Map.groupBy(checks, ({ status }) => status);
  return [...byStatus].map(
    ([status, those]) => `  ${status}, too: ${those.map(({ name }) => name).join(', ')}`,
  );
}

/** Where a canary is better and where it is worse: the mean over all flights hides it. */
function qualityNotes({ rollout }: DemoRun, { quality }: DemoLogs): readonly string[] {
  if (rollout.arm !== 'canaryWithoutEwr') return [];
  const of = (part: DemoLogs['quality']['all']): string =>
    change(part.current.brier, part[rollout.arm].brier);
  return [
    `  its squared error, once all labels are known: ${of(quality.all)} over all flights, ` +
      `${of(quality.elsewhere)} without those from EWR, ${of(quality.fromEwr)} from EWR`,
  ];
}

function change(current: number, canary: number): string {
  return `${current.toFixed(4)} -> ${canary.toFixed(4)}`;
}

function ruleTable(runs: readonly DemoRun[], style: Style): string {
  return tableText(
    {
      head: [
        'rollout',
        'should be',
        'coalmine',
        'the rule',
        'windows above',
        'median PSI',
        'whole log',
      ],
      rows: runs.map(({ rollout, report, rule }) => [
        report.rolloutId,
        words(rollout.ends),
        `${words(report.decision)} after ${daysText(report, report.latest?.windowEndMs ?? null)}`,
        ruleText(report, rule),
        `${rule.overCount} of ${rule.windowCount}`,
        rule.medianPsi?.toFixed(2) ?? '-',
        rule.wholeLogPsi?.toFixed(2) ?? '-',
      ]),
      right: [4, 5, 6],
    },
    style,
  );
}

function ruleText(report: ReplayReport, { firstOver }: PsiRule): string {
  if (firstOver === null) return 'not rolled back';
  const after = daysText(report, firstOver.startMs + report.plan.window.lengthMs);
  return `rolled back after ${after} (PSI ${firstOver.psi.toFixed(2)})`;
}

function ruleSummary(runs: readonly DemoRun[]): string {
  const judged = (rollsBack: (run: DemoRun) => boolean): string => {
    const those = runs.filter((run) => rollsBack(run) !== (run.rollout.ends === 'rolled_back'));
    const names = those.map(({ rollout }) => rollout.plan).join(', ');
    return those.length === 0 ? 'right about all of them' : `wrong about ${names}`;
  };
  return [
    `Window by window (of at least ${RULE_ANSWERS_MIN} answers) the rule is ${judged(({ rule }) => rule.firstOver !== null)};`,
    `on the whole log, once it is over, it is ${judged(({ rule }) => (rule.wholeLogPsi ?? 0) > PSI_LIMIT)}.`,
    `coalmine is ${judged(({ report }) => report.decision === 'rolled_back')}; ` +
      'its limits were set against the worst hours of the healthy canary.',
  ].join('\n');
}

function filesText(runs: readonly DemoRun[]): string {
  const lines = runs.map(
    ({ out, report }) =>
      `  ${out}/  coalmine.duckdb, verdicts.jsonl (${report.verdictCount}), parquet/, routing.json`,
  );
  return `files:\n${lines.join('\n')}`;
}

/** Three questions to the stored windows: the worst hours, where the models differ, what was decided. */
export const NEXT_QUERIES = [
  'select window_start, matched, disagreement_rate from windows where matched > 100 order by 3 desc limit 5',
  'select field, cell, sum(pairs) as n, sum(flips_up + flips_down) / n as flip_rate from drivers_cells group by all having n > 1000 order by flip_rate desc limit 5',
  'select window_start, decision, reason from verdicts order by window_start desc limit 5',
] as const;

function nextText(runs: readonly DemoRun[]): string {
  const last = runs.findLast(({ report }) => report.decision === 'rolled_back');
  const out = last?.out ?? '.';
  return [
    'three queries to try next:',
    ...NEXT_QUERIES.map((sql) => `  npm run -s coalmine -- sql "${sql}" --out ${out}`),
    'and why it was rolled back:',
    `  npm run -s coalmine -- explain ${last?.report.latest?.id ?? ''} --out ${out}`,
  ].join('\n');
}
