import { MultiBar, type SingleBar } from 'cli-progress';
import type { ReplayProgress } from '../pipeline/replay.ts';
import { shareText } from './number-text.ts';
import type { Io } from './output.ts';

/** Shows where replays stand: a bar each on a terminal, else a line per stage and day. */
export interface ProgressPrinter {
  /** Announces a replay of so many records. */
  readonly begin: (rolloutId: string, recordCount: number) => void;
  readonly show: (progress: ReplayProgress) => void;
  /** Prints a message where it does not break a bar. */
  readonly say: (message: string) => void;
  /** Gives the terminal back. */
  readonly done: () => void;
}

/** Plain lines come at most once per this much event time within a stage. */
const LINE_EVERY_MS = 24 * 3_600_000;

export function progressPrinter(io: Pick<Io, 'interactive' | 'stderr'>): ProgressPrinter {
  return io.interactive ? barPrinter() : linePrinter(io);
}

function linePrinter(io: Pick<Io, 'stderr'>): ProgressPrinter {
  const last = new Map<string, { readonly stage: string; readonly clockMs: number }>();
  return {
    begin: () => {},
    say: (message) => {
      io.stderr.write(`${message}\n`);
    },
    done: () => {},
    show(progress) {
      const { phase } = progress;
      const isOver = phase === 'promoted' || phase === 'rolled_back';
      const stage = `${phase}/${progress.stage?.index ?? -1}`;
      const before = last.get(progress.rolloutId);
      // After its end the rest of the log is only stored: one line says so.
      const isSoon = isOver || progress.clockMs - (before?.clockMs ?? 0) < LINE_EVERY_MS;
      if (before?.stage === stage && isSoon) return;
      last.set(progress.rolloutId, { stage, clockMs: progress.clockMs });
      const { counters } = progress;
      io.stderr.write(
        `${progress.rolloutId}  ${standText(progress)}  ${counters.matched} pairs  ${checksText(progress)}\n`,
      );
    },
  };
}

function barPrinter(): ProgressPrinter {
  const bars = new MultiBar({
    format: '{name} {bar} {percentage}%  {stand}  {pairs} pairs  {checks}',
    barsize: 16,
    hideCursor: true,
    clearOnComplete: false,
    stream: process.stderr,
  });
  const byName = new Map<string, SingleBar>();
  return {
    begin(rolloutId, recordCount) {
      const start = { name: rolloutId, stand: 'reading', pairs: 0, checks: '' };
      byName.set(rolloutId, bars.create(recordCount, 0, start));
    },
    say: (message) => {
      bars.log(`${message}\n`);
    },
    done: () => {
      bars.stop();
    },
    show(progress) {
      byName.get(progress.rolloutId)?.update(progress.counters.read, {
        stand: standText(progress),
        pairs: progress.counters.matched,
        checks: checksText(progress),
      });
    },
  };
}

/** Stage, share and watermark: `split 5 %, watermark 2001-04-14T07:00`. */
function standText(progress: ReplayProgress): string {
  const share = progress.stage === null ? '' : ` ${shareText(progress.stage.share)}`;
  const at = Number.isFinite(progress.watermarkMs)
    ? new Date(progress.watermarkMs).toISOString().slice(0, 16)
    : 'not yet known';
  return `${progress.phase.replace('_', ' ')}${share}, watermark ${at}`;
}

function checksText(progress: ReplayProgress): string {
  const checks = progress.latest?.checks ?? [];
  if (checks.length === 0) return '';
  const failing = checks.filter((check) => check.status === 'fail').map((check) => check.name);
  const passing = checks.filter((check) => check.status === 'pass').length;
  const told = failing.length === 0 ? '' : `, failing: ${failing.join(', ')}`;
  return `checks ${passing}/${checks.length} pass${told}`;
}
