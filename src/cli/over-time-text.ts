import type { OverTime } from '../app/explain-over-time.ts';
import type {
  ReportAverage,
  ReportCheck,
  ReportCheckPoint,
  ReportCrossing,
  RolloutReport,
} from '../core/report/rollout-report.ts';
import { ASCII, type Bar, BLOCKS, evidenceBars } from './evidence-bars.ts';
import { logText, numberText, shareText, timeText } from './number-text.ts';
import type { Page } from './page.ts';
import {
  driversText,
  notJudgedText,
  outcomeText,
  partsText,
  recordsText,
  stagesText,
} from './report-text.ts';
import { type Style, styleFor } from './style.ts';
import { type Cell, fieldsText, tableText } from './table.ts';
import { thinned } from './thinned.ts';
import { decisionText, statusText } from './verdict-text.ts';

/** How evidence over time is to be shown to a person. */
export interface OverTimeView {
  readonly style: Style;
  readonly page: Page;
  /** Checks to show; none: all, with a table for those that crossed a line. */
  readonly checks: readonly string[];
  /** Rows of a table at most. */
  readonly limit: number;
}

/** Evidence over time for a person: how it ended, a row of bars per check, and tables. */
export function overTimeText(overTime: OverTime, view: OverTimeView): string {
  const { report } = overTime;
  const { style } = view;
  const isAll = view.checks.length === 0;
  const shown = report.checks.filter(({ name }) => isAll || view.checks.includes(name));
  const tables = isAll ? shown.filter(({ firstCrossed }) => firstCrossed !== null) : shown;
  const rest = [partsText, driversText, notJudgedText].flatMap((text) => text(report, style) ?? []);
  return [
    outcomeText(report, style),
    headText(report, style),
    ...(isAll ? [stagesText(report, style)] : []),
    barsText({ average: isAll ? report.average : null, checks: shown }, view),
    ...(isAll ? [averageText(report.average, view)] : []),
    ...tables.map((check) => checkText(check, view)),
    ...(isAll ? rest : []),
    style.green(derivedText(overTime)),
  ].join('\n\n');
}

/** What the derivation came to: it is said in every format. */
export function derivedText({ verdictCount }: OverTime): string {
  return `${verdictCount} of ${verdictCount} verdicts derived again, byte for byte`;
}

function headText(report: RolloutReport, style: Style): string {
  const { average, budget } = report;
  const span =
    report.fromMs === null || report.untilMs === null
      ? '-'
      : `${timeText(report.fromMs)} to ${timeText(report.untilMs)}`;
  return fieldsText(
    [
      ['rollout', `${report.rolloutId} of ${report.model}`],
      ['versions', `${report.currentVersion} (current), ${report.canaryVersion} (canary)`],
      ['policy', report.policyDigest],
      ['windows', `${report.windows.length} of ${report.windowLengthMs / 1000} s, ${span}`],
      [
        'evidence',
        `ln E = ${logText(average.logEvidence)}, rolls back at ${numberText(average.logEvidenceLimit)}`,
      ],
      [
        'budgets',
        `${budget.spentCount} spent; false rollbacks at most ${shareText(budget.falseRollbackRateSum)} over all`,
      ],
      ['records', recordsText(report)],
    ],
    style,
  );
}

/** What the bars of a row are of. */
interface BarRow {
  readonly cells: (style: Style) => readonly Cell[];
  readonly bars: readonly Bar[];
}

const BARS_WIDTH_MIN = 20;
const BARS_WIDTH_MAX = 160;
const BAR_HEAD = ['check', 'status', 'bars of', 'latest', 'line', 'crossed'];

function barsText(
  shown: { readonly average: ReportAverage | null; readonly checks: readonly ReportCheck[] },
  { style, page }: OverTimeView,
): string {
  const { average, checks } = shown;
  const rows = [...(average === null ? [] : [averageRow(average)]), ...checks.map(checkRow)];
  const table = (look: Style, barsOf: (row: BarRow) => string) =>
    tableText(
      {
        head: [...BAR_HEAD, 'over time'],
        rows: rows.map((row) => [...row.cells(look), barsOf(row)]),
        right: [3, 4],
      },
      look,
    );
  // The width that is left: a table without bars and colours says how much the rest takes.
  const plain = table(styleFor({ isTTY: false, env: { NO_COLOR: '1' } }), () => '');
  const taken = Math.max(...plain.split('\n').map((line) => line.length - 'over time'.length));
  const width = Math.min(BARS_WIDTH_MAX, Math.max(BARS_WIDTH_MIN, page.columns - taken));
  const signs = page.isUtf8 ? BLOCKS : ASCII;
  return `${table(style, (row) => evidenceBars(row.bars, width, signs))}\n${style.dim(
    `${signs.crossed} the line was crossed, ${signs.below.join('')} the way to it, '${signs.untold}' could not tell`,
  )}`;
}

function averageRow(average: ReportAverage): BarRow {
  const { series, logEvidence, logEvidenceLimit, firstCrossed } = average;
  const decision = series.at(-1)?.decision ?? null;
  return {
    cells: (style) => [
      'weighted average',
      decision === null ? null : decisionText(decision, style),
      'ln E',
      logText(logEvidence),
      numberText(logEvidenceLimit),
      crossedText(firstCrossed),
    ],
    bars: series.map((point) => ({
      level: point.logEvidence / point.logEvidenceLimit,
      isCrossed: point.logEvidence >= point.logEvidenceLimit,
    })),
  };
}

function checkRow(check: ReportCheck): BarRow {
  const last = check.series.at(-1);
  const line = check.logEvidenceLimit;
  const greatest = check.series.reduce(
    (most, { effect, threshold }) => Math.max(most, effect ?? 0, threshold ?? 0),
    0,
  );
  const level = ({ logEvidence, effect }: ReportCheckPoint) => {
    if (line !== null) return logEvidence === null ? null : logEvidence / line;
    return effect === null || greatest === 0 ? null : effect / greatest;
  };
  return {
    cells: (style) => [
      check.name,
      last === undefined ? null : statusText(last.status, style),
      line === null ? check.effectOf : 'ln E',
      line === null ? numberText(last?.effect ?? null) : logText(last?.logEvidence ?? null),
      numberText(line ?? last?.threshold ?? null),
      crossedText(check.firstCrossed),
    ],
    bars: check.series.map((point) => ({
      level: point.status === 'inconclusive' && point.effect === null ? null : level(point),
      isCrossed: point.isCrossed,
    })),
  };
}

function crossedText(crossed: ReportCrossing | null): Cell {
  return crossed === null ? null : timeText(crossed.windowStartMs);
}

function averageText({ series }: ReportAverage, { style, limit }: OverTimeView): string {
  const rows = thinned(series, limit, ({ logEvidence, logEvidenceLimit }) =>
    logEvidence >= logEvidenceLimit ? Infinity : logEvidence,
  );
  const table = tableText(
    {
      head: ['window', 'stage', 'decision', 'ln E', 'line', 'to go'],
      rows: rows.map((point) => [
        timeText(point.windowStartMs),
        point.stageIndex,
        decisionText(point.decision, style),
        logText(point.logEvidence),
        numberText(point.logEvidenceLimit),
        logText(Math.max(0, point.logEvidenceLimit - point.logEvidence)),
      ]),
      right: [1, 3, 4, 5],
    },
    style,
  );
  return `${titleText('weighted average', { rows: rows.length, of: series.length }, style)}\n${table}`;
}

function checkText(check: ReportCheck, { style, limit }: OverTimeView): string {
  const line = check.logEvidenceLimit;
  const rows = thinned(check.series, limit, (point) =>
    point.isCrossed ? Infinity : (point.logEvidence ?? point.effect ?? -Infinity),
  );
  const table = tableText(
    {
      head: ['window', 'stage', 'value', 'bound', 'limit', 'ln E', 'line', 'status', 'why'],
      rows: rows.map((point) => [
        timeText(point.windowStartMs),
        point.stageIndex,
        numberText(point.effect),
        numberText(point.bound),
        numberText(point.threshold),
        logText(point.logEvidence),
        numberText(line),
        statusText(point.status, style),
        point.reason,
      ]),
      right: [1, 2, 3, 4, 5, 6],
    },
    style,
  );
  const title = titleText(check.name, { rows: rows.length, of: check.series.length }, style);
  return `${title}; the value is the ${check.effectOf}\n${table}`;
}

/** The name of a table, and which windows it leaves out. */
function titleText(
  name: string,
  { rows, of }: { readonly rows: number; readonly of: number },
  style: Style,
): string {
  const left = rows === of ? `${of} windows` : `${rows} of ${of} windows, those of most evidence`;
  return `${style.bold(name)}  ${left}`;
}
