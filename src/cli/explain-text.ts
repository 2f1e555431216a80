import type { Explanation } from '../app/explain.ts';
import type { Verdict } from '../core/events/verdict.ts';
import type { WindowSummary } from '../core/windows/summary.ts';
import { logText, numberText, timeText } from './number-text.ts';
import { countText } from './plan-file.ts';
import { sparkline } from './sparkline.ts';
import type { Style } from './style.ts';
import { fieldsText, tableText } from './table.ts';
import { verdictText } from './verdict-text.ts';
import { checkValue, verdictValue } from './verdict-value.ts';

/** So many of the latest windows are shown one by one. */
const WINDOWS_SHOWN = 12;

/** An explanation for a person: the verdict, how its evidence grew, and what it was derived from. */
export function explanationText(explanation: Explanation, style: Style): string {
  const { verdict, verdicts, lastWindow } = explanation;
  return [
    verdictText(verdict, style),
    ...verdict.checks.map(({ name }) => checkText(name, verdicts, style)),
    averageText(verdicts, style),
    countsText(lastWindow, style),
    style.green(derivedText(explanation)),
  ].join('\n\n');
}

/** What the derivation came to, in one line. */
function derivedText({ verdicts }: Explanation): string {
  return `derived again from ${countText(verdicts.length, 'stored window')}: identical`;
}

/** How one check moved over the windows. */
function checkText(name: string, verdicts: readonly Verdict[], style: Style): string {
  const points = verdicts.flatMap((verdict) => {
    const check = verdict.checks.find((one) => one.name === name);
    return check === undefined ? [] : [{ windowStartMs: verdict.windowStartMs, check }];
  });
  const evidence = points.flatMap(({ check }) => check.logEvidence ?? []);
  const latest = points.slice(-WINDOWS_SHOWN);
  const table = tableText(
    {
      head: ['window', 'status', 'value', 'bound', 'ln E'],
      rows: latest.map(({ windowStartMs, check }) => [
        timeText(windowStartMs),
        check.status,
        numberText(check.effect),
        numberText(check.bound),
        logText(check.logEvidence),
      ]),
      right: [2, 3, 4],
    },
    style,
  );
  return `${headOf(name, evidence, style)}\n${table}`;
}

function averageText(verdicts: readonly Verdict[], style: Style): string {
  const evidence = verdicts.map(({ logEvidence }) => logEvidence);
  const table = tableText(
    {
      head: ['window', 'decision', 'ln E', 'line', 'to go'],
      rows: verdicts.slice(-WINDOWS_SHOWN).map((verdict) => {
        const { windowStartMs, decision, logEvidence, logEvidenceLimit } = verdict;
        return [
          timeText(windowStartMs),
          decision,
          logText(logEvidence),
          numberText(logEvidenceLimit),
          numberText(Math.max(0, logEvidenceLimit - logEvidence)),
        ];
      }),
      right: [2, 3, 4],
    },
    style,
  );
  return `${headOf('weighted average', evidence, style)}\n${table}`;
}

/** A title, and the evidence of all windows as a row of bars. */
function headOf(title: string, evidence: readonly number[], style: Style): string {
  const least = evidence.reduce((low, value) => Math.min(low, value), Infinity);
  const greatest = evidence.reduce((high, value) => Math.max(high, value), -Infinity);
  if (evidence.length === 0) return `${style.bold(title)}  carries no evidence`;
  const range = `ln E from ${logText(least)} to ${logText(greatest)}`;
  return `${style.bold(title)}  ${sparkline(evidence)}  ${range}`;
}

function countsText(window: WindowSummary, style: Style): string {
  const { counts, paired } = window;
  const { current, canary } = window.arms;
  const arms = tableText(
    {
      head: ['last window', 'predictions', 'served', 'errors', 'unmatched', 'not asked'],
      rows: [
        [
          'current',
          current.predictions,
          current.served,
          current.errors,
          counts.unmatchedCurrent,
          counts.notAskedCurrent,
        ],
        [
          'canary',
          canary.predictions,
          canary.served,
          canary.errors,
          counts.unmatchedCanary,
          counts.notAskedCanary,
        ],
      ],
      right: [1, 2, 3, 4, 5],
    },
    style,
  );
  const pairs = fieldsText(
    [
      ['pairs', counts.matched],
      ['compared', paired.compared],
      ...differingRows(paired),
      ['repeats', `${counts.duplicate} duplicate, ${counts.conflict} conflict`],
    ],
    style,
  );
  return `${arms}\n${pairs}`;
}

/** Rankings differ in no direction. */
function differingRows(paired: WindowSummary['paired']): (readonly [string, string | number])[] {
  const { flipsUp, flipsDown, rankings } = paired;
  if (rankings === null) return [['flips', `${flipsUp} up, ${flipsDown} down`]];
  const { compared, firstItemChanged, overlapSum, rankBiasedOverlapSum } = rankings;
  return [
    ['rankings that differ', flipsDown],
    ['another first item', firstItemChanged],
    ['mean overlap', numberText(overlapSum / compared)],
    ['mean RBO', numberText(rankBiasedOverlapSum / compared)],
  ];
}

/** An explanation for machines: everything, with the whole series of every check. */
export function explanationValue(explanation: Explanation) {
  const { verdict, verdicts, lastWindow } = explanation;
  return {
    verdict: verdictValue(verdict),
    derived: { windows: verdicts.length, identical: true },
    last_window: windowValue(lastWindow),
    series: {
      average: verdicts.map((one) => ({
        window_start_ms: one.windowStartMs,
        stage_index: one.stage.index,
        decision: one.decision,
        log_evidence: one.logEvidence,
        log_evidence_limit: one.logEvidenceLimit,
      })),
      checks: Object.fromEntries(
        verdict.checks.map(({ name }) => [name, checkSeries(name, verdicts)]),
      ),
    },
  };
}

function checkSeries(name: string, verdicts: readonly Verdict[]) {
  return verdicts.flatMap(({ windowStartMs, checks }) =>
    checks
      .filter((check) => check.name === name)
      .map((check) => ({ window_start_ms: windowStartMs, ...checkValue(check) })),
  );
}

function windowValue(window: WindowSummary) {
  const { counts, arms, paired } = window;
  return {
    window_start_ms: window.windowStartMs,
    window_end_ms: window.windowEndMs,
    profile_hash: window.profileHash,
    counts: {
      matched: counts.matched,
      unmatched_current: counts.unmatchedCurrent,
      unmatched_canary: counts.unmatchedCanary,
      not_asked_current: counts.notAskedCurrent,
      not_asked_canary: counts.notAskedCanary,
      duplicate: counts.duplicate,
      conflict: counts.conflict,
    },
    current: armValue(arms.current),
    canary: armValue(arms.canary),
    paired: {
      compared: paired.compared,
      flips_up: paired.flipsUp,
      flips_down: paired.flipsDown,
      rankings: rankingsValue(paired),
    },
    matured_outcomes: window.maturedOutcomes.length,
    served_outcomes: window.servedOutcomes.length,
  };
}

function rankingsValue({ rankings }: WindowSummary['paired']) {
  if (rankings === null) return null;
  return {
    compared: rankings.compared,
    first_item_changed: rankings.firstItemChanged,
    overlap_sum: rankings.overlapSum,
    rank_biased_overlap_sum: rankings.rankBiasedOverlapSum,
    overlap_cells: rankings.overlapCells,
  };
}

function armValue({ predictions, served, errors }: WindowSummary['arms']['current']) {
  return { predictions, served, errors };
}
