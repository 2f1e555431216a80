import type { PlanResult } from '../app/plan/parse.ts';
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
  const { loadPlan } = await import('../app/plan/parse.ts');
  return await validPlan(path, await loadPlan(path, environment));
}

/**
 * The plan of a file that was read.
 *
 * @throws CoalmineError `plan_invalid` with a line per problem
 */
export async function validPlan(path: string, result: PlanResult): Promise<PlanFile> {
  const { formatProblems } = await import('../app/plan/problem.ts');
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
