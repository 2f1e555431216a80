import type { ReplayReport } from '../app/replay.ts';
import { numberText, shareText } from '../cli/number-text.ts';
import { decidingChecks, endReason } from '../cli/replay-text.ts';
import type { Style } from '../cli/style.ts';
import { tableText } from '../cli/table.ts';
import type { DemoLogs } from './write-logs.ts';

/** One rollout of the demo, ended. */
export interface DemoRun {
  readonly about: string;
  readonly out: string;
  readonly report: ReplayReport;
  /** Over every window of the log, as a plain PSI rule would see it. */
  readonly psi: number;
}

const DAY_MS = 86_400_000;

/** What the demo says at its end: the rollouts side by side, the files, and what to try next. */
export function demoText(runs: readonly DemoRun[], logs: DemoLogs, style: Style): string {
  const table = tableText(
    {
      head: [
        'rollout',
        'canary',
        'AUC',
        'ended',
        'at',
        'after',
        'pairs',
        'differ',
        'PSI, whole log',
      ],
      rows: runs.map((run) => rolloutRow(run, logs)),
      right: [2, 5, 6, 7, 8],
    },
    style,
  );
  const why = runs.map(({ report }) => whyText(report, style));
  return `\n${[table, ...why, filesText(runs), nextText(runs)].join('\n\n')}\n`;
}

/** The deciding sentence, and those of the checks behind it. */
function whyText(report: ReplayReport, style: Style): string {
  const reason = endReason(report);
  const checks = decidingChecks(report)
    .map((check) => `${check.name}: ${check.sentence}`)
    .filter((sentence) => !reason.includes(sentence))
    .map((sentence) => `  ${sentence}`);
  return [`${style.bold(report.rolloutId)}: ${reason}`, ...checks].join('\n');
}

function rolloutRow({ about, report, psi }: DemoRun, logs: DemoLogs): string[] {
  const { current } = logs.quality;
  const canary = about === 'the better canary' ? logs.quality.canary : logs.quality.canaryDayOld;
  const { latest, stage } = report;
  const effect = (type: string): number | null =>
    latest?.checks.find((check) => check.type === type)?.effect ?? null;
  const differ = effect('disagreement');
  const began = report.plan.steps.length;
  return [
    report.rolloutId,
    about,
    `${current.auc.toFixed(3)} -> ${canary.auc.toFixed(3)}`,
    report.decision.replace('_', ' '),
    stage === null ? '-' : `step ${stage.index + 1} of ${began} (${shareText(stage.share)})`,
    afterText(report),
    numberText(report.counters.matched),
    differ === null ? '-' : shareText(differ),
    psi.toFixed(3),
  ];
}

/** Event time from the rollout's first window to the verdict that ended it. */
function afterText({ latest, firstWindowStartMs }: ReplayReport): string {
  if (latest === null || firstWindowStartMs === null) return '-';
  return `${((latest.windowEndMs - firstWindowStartMs) / DAY_MS).toFixed(1)} days`;
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
  const out = runs.at(-1)?.out ?? '.';
  const id = runs.at(-1)?.report.latest?.id ?? '';
  return [
    'three queries to try next:',
    ...NEXT_QUERIES.map((sql) => `  npm run -s coalmine -- sql "${sql}" --out ${out}`),
    'and why it was rolled back:',
    `  npm run -s coalmine -- explain ${id} --out ${out}`,
  ].join('\n');
}
