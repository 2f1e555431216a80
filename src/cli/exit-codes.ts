import { CoalmineError } from '../core/foundation/error.ts';

/** What a run of the command line ends with. Scripts depend on these: they never change meaning. */
export const EXIT = {
  pass: 0,
  error: 1,
  usage: 2,
  fail: 3,
  inconclusive: 4,
  timeout: 5,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit codes in words, for the help text. */
export const EXIT_HELP = `Exit codes:
  0    pass: done; for a rollout, every step was passed
  1    error: it could not be done
  2    usage: the command line is not understood
  3    fail: the canary was rolled back
  4    inconclusive: the rollout is held
  5    timeout
  130  interrupted: the same command goes on from there`;

/** The exit code for a failure. Only a wrong command line and an interrupt are not plain errors. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof CoalmineError)) return EXIT.error;
  if (error.code === 'usage') return EXIT.usage;
  if (error.code === 'interrupted') return EXIT.interrupted;
  return EXIT.error;
}
