import type { ReplayProgress } from '../pipeline/replay.ts';
import { shareText } from './number-text.ts';
import type { Io } from './output.ts';

/** Shows where a replay stands: one line redrawn on a terminal, else a line per stage and day. */
export interface ProgressPrinter {
  readonly show: (progress: ReplayProgress) => void;
  /** Gives the line back before something else is printed, and at the end. */
  readonly done: () => void;
}

/** Plain lines come at most once per this much event time within a stage. */
const LINE_EVERY_MS = 24 * 3_600_000;
const CLEAR_LINE = '\r\u001b[2K';

export function progressPrinter(io: Io): ProgressPrinter {
  const last = new Map<string, { readonly stage: string; readonly clockMs: number }>();
  let isDrawn = false;
  const done = (): void => {
    if (isDrawn) io.stderr.write(CLEAR_LINE);
    isDrawn = false;
  };
  return {
    done,
    show(progress) {
      const text = progressText(progress);
      if (io.interactive) {
        io.stderr.write(`${CLEAR_LINE}${text}`);
        isDrawn = true;
        return;
      }
      const stage = `${progress.phase}/${progress.stage?.index ?? -1}`;
      const before = last.get(progress.rolloutId);
      if (before?.stage === stage && progress.clockMs - before.clockMs < LINE_EVERY_MS) return;
      last.set(progress.rolloutId, { stage, clockMs: progress.clockMs });
      io.stderr.write(`${text}\n`);
    },
  };
}

function progressText(progress: ReplayProgress): string {
  const at = Number.isFinite(progress.clockMs)
    ? new Date(progress.clockMs).toISOString().slice(0, 16)
    : '-';
  const checks = progress.latest?.checks ?? [];
  const failing = checks.filter((check) => check.status === 'fail').map((check) => check.name);
  const told =
    checks.length === 0
      ? ''
      : `, checks ${checks.filter((check) => check.status === 'pass').length}/${checks.length} pass${failing.length > 0 ? ` (failing: ${failing.join(', ')})` : ''}`;
  const share = progress.stage === null ? '' : ` ${shareText(progress.stage.share)}`;
  return `${progress.rolloutId}  ${at}  ${progress.phase.replace('_', ' ')}${share}, ${progress.counters.matched} pairs, ${progress.verdictCount} verdicts${told}`;
}
