import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.ts';
import type { Io } from './output.ts';

/** Runs the work of a verb with the world it may use, and keeps its exit code. */
export type RunVerb = (work: (io: Io) => Promise<ExitCode>) => Promise<void>;

/**
 * One verb of the command line. `define` states its arguments and options only: what the verb
 * needs besides is imported when it runs, so that `coalmine --help` loads nothing heavy.
 */
export interface Verb {
  define(program: Command, run: RunVerb): void;
}
