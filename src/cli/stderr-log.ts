import type { ReplayRequest } from '../app/replay.ts';
import type { ProgressPrinter } from './progress.ts';

/** Notifications as messages to the person who watches. */
export function stderrLog(progress: ProgressPrinter): ReplayRequest['log'] {
  const write = (_fields: object, message: string): void => {
    progress.say(message);
  };
  return { info: write, warn: write, error: write };
}
