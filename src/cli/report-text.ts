import type { RolloutReport } from '../core/report/rollout-report.ts';
import { logText, numberText, shareText, timeText } from './number-text.ts';
import { countText } from './plan-file.ts';
import type { Style } from './style.ts';
import { tableText } from './table.ts';

/** How the rollout stands or ended, in the colour of it, and why. */
export function outcomeText({ decision }: RolloutReport, style: Style): string {
  const colours = {
    running: style.bold,
    held: style.yellow,
    promoted: style.green,
    rolled_back: style.red,
  };
  const { outcome, reason } = decision;
  return `${style.bold(colours[outcome](outcome.replace('_', ' ')))}: ${reason}`;
}

/** What became of the records, in one line; what is 0 and no surprise is left out. */
export function recordsText({ account, gaps }: RolloutReport): string {
  const counts = [
    [account.unmatchedCurrent, 'unmatched current'],
    [account.unmatchedCanary, 'unmatched canary'],
    [account.notAskedCurrent + account.notAskedCanary, 'not asked'],
    [account.duplicate, 'duplicate'],
    [account.conflict, 'conflict'],
  ] as const;
  const windows = [
    [account.incompleteWindowCount, 'incomplete'],
    [account.amendedWindowCount, 'amended'],
    [gaps.reduce((sum, { windowCount }) => sum + windowCount, 0), 'empty'],
  ] as const;
  const told = [
    countText(account.matched, 'pair'),
    ...counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`),
    ...windows
      .filter(([count]) => count > 0)
      .map(([count, what]) => `${countText(count, 'window')} ${what}`),
  ];
  return told.join(', ');
}

/** The stages that began. */
export function stagesText({ stages }: RolloutReport, style: Style): string {
  return tableText(
    {
      head: ['stage', 'share', 'from', 'until', 'windows', 'samples', 'of', 'passed'],
      rows: stages.map((stage) => [
        stage.index,
        shareText(stage.share),
        timeText(stage.fromMs),
        stage.untilMs === null ? null : timeText(stage.untilMs),
        stage.windowCount,
        stage.sampleCount,
        stage.sampleOf.replace('_', ' '),
        stage.passed === null ? 'no' : 'yes',
      ]),
      right: [0, 1, 4, 5],
    },
    style,
  );
}

/** What each check brings into the average at the end; null when nothing enters it. */
export function partsText({ average }: RolloutReport, style: Style): string | null {
  const { contributions, cash } = average;
  if (contributions.length === 0 || cash === null) return null;
  return tableText(
    {
      head: ['at the end', 'weight', 'ln E', 'of the average'],
      rows: [
        ...contributions.map((part) => [
          part.name,
          numberText(part.weight),
          logText(part.logEvidence),
          shareText(part.share),
        ]),
        ['unused weight', numberText(cash.weight), '0', shareText(cash.share)],
      ],
      right: [1, 2, 3],
    },
    style,
  );
}

/** Where the models disagree at the end, and since when that is known; null without a driver. */
export function driversText({ drivers }: RolloutReport, style: Style): string | null {
  if (drivers.length === 0) return null;
  return tableText(
    {
      head: ['driver', 'worst cell', 'pairs', 'rate', 'direction', 'first named', 'windows'],
      rows: drivers.map((driver) => [
        driver.field,
        driver.cell,
        driver.cellPairCount,
        shareText(driver.cellDisagreementRate),
        numberText(driver.direction),
        timeText(driver.firstNamedMs),
        driver.namedWindowCount,
      ]),
      right: [2, 3, 4, 6],
    },
    style,
  );
}

/** What was not judged and why; null when every check could tell in every window. */
export function notJudgedText({ notJudged }: RolloutReport, style: Style): string | null {
  if (notJudged.length === 0) return null;
  return tableText(
    {
      head: ['not judged', 'why', 'windows', 'from', 'to'],
      rows: notJudged.map((one) => [
        one.name,
        one.reason,
        one.windowCount,
        timeText(one.firstWindowStartMs),
        timeText(one.lastWindowStartMs),
      ]),
      right: [2],
    },
    style,
  );
}
