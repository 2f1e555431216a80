import type { WindowSummary } from '../windows/summary.ts';
import type { PlacedVerdict } from './budget-spans.ts';
import type {
  ArmCounts,
  ReportAccount,
  ReportGap,
  ReportWindow,
  WindowRecord,
} from './rollout-report.ts';

/** What a report keeps of a window: its cells, which are most of it, may be let go. */
export function recordOfWindow(summary: WindowSummary): WindowRecord {
  const { windowStartMs, windowEndMs, revision, profileHash, missingPartitions, counts } = summary;
  return {
    windowStartMs,
    windowEndMs,
    revision,
    profileHash,
    missingPartitions,
    counts,
    current: countsOf(summary.arms.current),
    canary: countsOf(summary.arms.canary),
  };
}

function countsOf({ predictions, served, errors }: ArmCounts): ArmCounts {
  return { predictions, served, errors };
}

/** Each window in its latest revision, with the verdict on it. */
export function windowsOf(
  records: readonly WindowRecord[],
  verdicts: readonly PlacedVerdict[],
): readonly ReportWindow[] {
  const ids = new Map(verdicts.map(({ verdict }) => [verdict.windowStartMs, verdict.id]));
  const latest = new Map<number, WindowRecord>();
  for (const record of records) {
    const before = latest.get(record.windowStartMs);
    if (before === undefined || record.revision > before.revision)
      latest.set(record.windowStartMs, record);
  }
  return [...latest.values()]
    .toSorted((a, b) => a.windowStartMs - b.windowStartMs)
    .map((record) => ({ ...record, verdictId: ids.get(record.windowStartMs) ?? null }));
}

/** The sums of these windows: all are 0 without one. */
export function accountOf(windows: readonly ReportWindow[]): ReportAccount {
  const sum = (number: (window: ReportWindow) => number) =>
    windows.reduce((total, window) => total + number(window), 0);
  const arm = (of: 'current' | 'canary') => ({
    predictions: sum((window) => window[of].predictions),
    served: sum((window) => window[of].served),
    errors: sum((window) => window[of].errors),
  });
  return {
    windowCount: windows.length,
    incompleteWindowCount: windows.filter(({ missingPartitions }) => missingPartitions.length > 0)
      .length,
    amendedWindowCount: windows.filter(({ revision }) => revision > 0).length,
    matched: sum(({ counts }) => counts.matched),
    unmatchedCurrent: sum(({ counts }) => counts.unmatchedCurrent),
    unmatchedCanary: sum(({ counts }) => counts.unmatchedCanary),
    notAskedCurrent: sum(({ counts }) => counts.notAskedCurrent),
    notAskedCanary: sum(({ counts }) => counts.notAskedCanary),
    duplicate: sum(({ counts }) => counts.duplicate),
    conflict: sum(({ counts }) => counts.conflict),
    current: arm('current'),
    canary: arm('canary'),
  };
}

/** Stretches between judged windows in which no window is stored: no record fell into them. */
export function gapsOf(windows: readonly ReportWindow[], windowLengthMs: number): ReportGap[] {
  return windows.flatMap((window, i) => {
    const next = windows[i + 1];
    if (next === undefined || next.windowStartMs <= window.windowEndMs) return [];
    const [fromMs, untilMs] = [window.windowEndMs, next.windowStartMs];
    return [{ fromMs, untilMs, windowCount: Math.round((untilMs - fromMs) / windowLengthMs) }];
  });
}
