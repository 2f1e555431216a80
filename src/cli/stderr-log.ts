import type { ReplayRequest } from '../app/replay.ts';
import type { Io } from './output.ts';
import { say } from './output.ts';
import type { ProgressPrinter } from './progress.ts';

/** Notifications as lines on stderr, between the lines of progress. */
export function stderrLog(io: Io, progress: ProgressPrinter): ReplayRequest['log'] {
  const write = (_fields: object, message: string): void => {
    progress.done();
    say(io, message);
  };
  return { info: write, warn: write, error: write };
}
