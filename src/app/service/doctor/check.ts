/** One line of what the doctor says. */
export interface Check {
  /** What was looked at: `brokers`, `topics`, `clock`. */
  readonly area: string;
  readonly subject: string;
  readonly status: 'ok' | 'warning' | 'error';
  readonly seen: string;
  /** What to do about it; null when nothing is to be done. */
  readonly mend: string | null;
}

/** The worst among the checks; `ok` when there are none. */
export function worstOf(checks: readonly Check[]): Check['status'] {
  if (checks.some(({ status }) => status === 'error')) return 'error';
  return checks.some(({ status }) => status === 'warning') ? 'warning' : 'ok';
}

/** What is to be done, in the words of an error; what is usual where it has none. */
export function mendOf(hints: readonly string[] | undefined, usual: string): string {
  return hints === undefined || hints.length === 0 ? usual : hints.join(' ');
}
