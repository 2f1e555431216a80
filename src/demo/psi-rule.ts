import { queryViews } from '../app/inspect.ts';
import { populationStabilityIndex } from '../core/stats/divergence/population-stability-index.ts';
import { sharesOf } from '../core/stats/divergence/shares.ts';

/** The rule that many teams begin with: a score whose PSI is above this has drifted, roll it back. */
export const PSI_LIMIT = 0.25;

/** Chance alone keeps ten cells below a PSI of 0.09 from here on: a fair rule leaves smaller windows out. */
export const RULE_ANSWERS_MIN = 500;

/** The score of both arms in one stored window, by cell of the profile. */
export interface ScoreWindow {
  readonly startMs: number;
  readonly currentCounts: readonly number[];
  readonly canaryCounts: readonly number[];
}

/** What a plain PSI rule would have seen in the windows that coalmine judged, and done. */
export interface PsiRule {
  /** The first window above the limit: at its end the rule rolls back; null: never. */
  readonly firstOver: { readonly startMs: number; readonly psi: number } | null;
  /** Of the windows with enough answers; null where there is none. */
  readonly medianPsi: number | null;
  readonly windowCount: number;
  readonly overCount: number;
  /** Over all windows taken together; null without any. */
  readonly wholeLogPsi: number | null;
}

const SCORE_CELLS = `select epoch_ms(window_start)::double as start_ms, cell,
    current_count::double as current_count, canary_count::double as canary_count
  from cells where field = 'score' order by window_start, cell`;

/** Reads the stored windows of a run and applies the rule to them. */
export async function psiRuleOf(out: string): Promise<PsiRule> {
  const { rows } = await queryViews(out, SCORE_CELLS);
  const byStart = Map.groupBy(rows, (row) => Number(row['start_ms']));
  return psiRule(
    [...byStart].map(([startMs, cells]) => ({
      startMs,
      currentCounts: cells.map((cell) => Number(cell['current_count'])),
      canaryCounts: cells.map((cell) => Number(cell['canary_count'])),
    })),
  );
}

/** The rule over windows in their order; all have the same cells. */
export function psiRule(windows: readonly ScoreWindow[]): PsiRule {
  const large = windows.filter(
    (window) => Math.min(sum(window.currentCounts), sum(window.canaryCounts)) >= RULE_ANSWERS_MIN,
  );
  const read = large.map((window) => ({ startMs: window.startMs, psi: psiOf(window) }));
  const over = read.filter(({ psi }) => psi > PSI_LIMIT);
  const sorted = read.map(({ psi }) => psi).toSorted((a, b) => a - b);
  return {
    firstOver: over[0] ?? null,
    medianPsi: sorted[Math.floor(sorted.length / 2)] ?? null,
    windowCount: read.length,
    overCount: over.length,
    wholeLogPsi: windows.length === 0 ? null : psiOf(together(windows)),
  };
}

function together(windows: readonly ScoreWindow[]): Omit<ScoreWindow, 'startMs'> {
  return {
    currentCounts: byCell(windows.map(({ currentCounts }) => currentCounts)),
    canaryCounts: byCell(windows.map(({ canaryCounts }) => canaryCounts)),
  };
}

function byCell(windows: readonly (readonly number[])[]): readonly number[] {
  return windows.reduce((total, one) => one.map((count, cell) => count + (total[cell] ?? 0)), []);
}

/** A cell that is empty in both arms is not counted. */
function psiOf({ currentCounts, canaryCounts }: Omit<ScoreWindow, 'startMs'>): number {
  const isUsed = (cell: number): boolean =>
    (currentCounts[cell] ?? 0) + (canaryCounts[cell] ?? 0) > 0;
  const shares = (counts: readonly number[]): readonly number[] =>
    sharesOf(
      counts.filter((_, cell) => isUsed(cell)),
      'additive',
    );
  return populationStabilityIndex(shares(currentCounts), shares(canaryCounts));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
