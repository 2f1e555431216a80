/** Keys and positions from the root of a plan to one of its values. */
export type PlanPath = readonly (string | number)[];

/** One thing that is wrong (or doubtful) in a plan, and where. Lines and columns count from 1. */
export interface PlanProblem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** From the root, with dots: `spec.steps.1.setWeight`. Empty for the text as a whole. */
  readonly key: string;
  readonly message: string;
  readonly validValues: readonly string[];
  readonly suggestion: string | null;
}

/** A problem before its place in the text is known. */
export interface Finding {
  readonly path: PlanPath;
  readonly message: string;
  readonly validValues?: readonly string[];
  readonly suggestion?: string | null;
}

/**
 * One line per problem, as compilers write them.
 *
 * @example
 * plan.yaml:7:5 spec.window.lenght: unknown key; did you mean length? (valid: length, grace)
 */
export function formatProblems(problems: readonly PlanProblem[]): string {
  return problems.map(formatProblem).join('\n');
}

function formatProblem(problem: PlanProblem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const subject = problem.key === '' ? place : `${place} ${problem.key}`;
  const suggestion = problem.suggestion === null ? '' : `; did you mean ${problem.suggestion}?`;
  const valid =
    problem.validValues.length === 0 ? '' : ` (valid: ${problem.validValues.join(', ')})`;
  return `${subject}: ${problem.message}${suggestion}${valid}`;
}
