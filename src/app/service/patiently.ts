import { CoalmineError } from '../../core/foundation/error.ts';
import type { Clock } from '../../pipeline/stream/ports.ts';

export interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly warn: (message: string, error: unknown) => void;
}

const WAIT_MS = 2_000;

/**
 * Does something again and again while it fails in a way that can pass: a registry that is not up yet
 * is waited for. Everything else is thrown, and so is the last failure when the signal ends the wait.
 */
export async function patiently<T>(run: () => Promise<T>, patience: Patience): Promise<T> {
  const { clock, signal, warn } = patience;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      const passes = error instanceof CoalmineError && error.retryable;
      if (!passes || signal.aborted) throw error;
      warn(`waiting: ${error.message}`, error);
      await clock.wait(WAIT_MS);
    }
  }
}
