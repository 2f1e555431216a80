import type { Plan } from '../core/events/plan.ts';
import { CoalmineError } from '../core/foundation/error.ts';

/** A plan that was read, and the digest of its policy. */
export interface PlanFile {
  readonly plan: Plan;
  readonly digest: string;
  /** What is doubtful in it, a line each. */
  readonly warnings: readonly string[];
}

/**
 * Reads the plan that a verb needs. Notification addresses are looked up only through `environment`.
 *
 * @throws CoalmineError `plan_invalid` with a line per problem, `input_missing`, `input_unreadable`
 */
export async function readPlan(
  path: string,
  environment: ((name: string) => string | undefined | null) | null = null,
): Promise<PlanFile> {
  const [{ loadPlan }, { formatProblems }] = await Promise.all([
    import('../app/plan/parse.ts'),
    import('../app/plan/problem.ts'),
  ]);
  const result = await loadPlan(path, environment);
  if (result.ok) {
    const { plan, digest, warnings } = result;
    return { plan, digest, warnings: warnings.map((warning) => formatProblems([warning])) };
  }
  const count = result.problems.length;
  throw new CoalmineError('plan_invalid', `${path} has ${countText(count, 'problem')}`, {
    hints: formatProblems(result.problems).split('\n'),
  });
}

/** `1 problem`, `2 problems`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
