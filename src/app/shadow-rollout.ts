import type { Plan } from '../core/events/plan.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import type { AppliedRollout } from '../pipeline/stream/messages.ts';
import { parsePlan } from './plan/parse.ts';
import { formatProblems } from './plan/problem.ts';

/** A rollout whose canary is asked. */
export interface ShadowRollout {
  readonly rolloutId: string;
  readonly plan: Plan;
  /** Where its topics are read from: the canary is asked for the same. */
  readonly startAt: AppliedRollout['startAt'];
}

/** What may name it: a plan, an id, or the topics. */
export interface RolloutQuery {
  readonly plan: Plan | null;
  readonly rolloutId: string | null;
  readonly from: string;
  readonly to: string;
}

/** A plan of the config file with its topics. */
export interface PlannedRollout {
  readonly plan: Plan;
  readonly current: string;
  readonly canary: string;
  readonly startAt: AppliedRollout['startAt'];
}

/**
 * The rollout that two topics belong to: a plan that is given wins, then the one that was applied last, then
 * the one in the config file. The id matters with a mirror share below 1: it decides which
 * requests have two answers.
 *
 * @throws CoalmineError `usage` when there is none, or several
 */
export function findRollout(
  query: RolloutQuery,
  applied: readonly AppliedRollout[],
  configured: readonly PlannedRollout[],
): ShadowRollout {
  const { plan, rolloutId, from, to } = query;
  if (plan !== null) return fromPlan(plan, rolloutId, applied);
  const matching = applied.filter(
    (one) =>
      one.topics.current === from &&
      one.topics.canary === to &&
      (rolloutId === null || one.rolloutId === rolloutId),
  );
  const latest = latestOfEach(matching);
  if (latest.length === 1 && latest[0] !== undefined) return fromApplied(latest[0]);
  if (latest.length > 1) throw several(latest.map((one) => one.rolloutId));
  const planned = configured.filter(({ current, canary }) => current === from && canary === to);
  const [only] = planned;
  if (only === undefined) throw none(query);
  if (planned.length > 1) throw several(planned.map((one) => `${one.plan.name}.1`));
  const { startAt } = only;
  return { plan: only.plan, rolloutId: rolloutId ?? `${only.plan.name}.1`, startAt };
}

/** With the number that is in force, where the plan was applied. */
function fromPlan(
  plan: Plan,
  rolloutId: string | null,
  applied: readonly AppliedRollout[],
): ShadowRollout {
  const own = applied.filter((one) =>
    rolloutId === null ? nameOf(one.rolloutId) === plan.name : one.rolloutId === rolloutId,
  );
  const [latest] = latestOfEach(own);
  return {
    plan,
    rolloutId: rolloutId ?? latest?.rolloutId ?? `${plan.name}.1`,
    startAt: latest?.startAt ?? 'earliest',
  };
}

/** `fraud-v7` of `fraud-v7.12`. */
function nameOf(rolloutId: string): string {
  return rolloutId.slice(0, rolloutId.lastIndexOf('.'));
}

function numberOf(rolloutId: string): number {
  return Number(rolloutId.slice(rolloutId.lastIndexOf('.') + 1));
}

/** A retry replaces what it retries. */
function latestOfEach(applied: readonly AppliedRollout[]): readonly AppliedRollout[] {
  const latest = new Map<string, AppliedRollout>();
  for (const one of applied) {
    const name = nameOf(one.rolloutId);
    const known = latest.get(name);
    if (known === undefined || numberOf(known.rolloutId) < numberOf(one.rolloutId))
      latest.set(name, one);
  }
  return [...latest.values()];
}

function fromApplied({ rolloutId, planText, planFile, startAt }: AppliedRollout): ShadowRollout {
  const result = parsePlan(planText, planFile);
  if (result.ok) return { rolloutId, plan: result.plan, startAt };
  throw new CoalmineError('plan_invalid', `the plan of ${rolloutId} has problems`, {
    hints: formatProblems(result.problems).split('\n'),
  });
}

function several(rolloutIds: readonly string[]): CoalmineError {
  return new CoalmineError('usage', 'which rollout?', {
    hints: rolloutIds.map((id) => `--rollout ${id}`),
  });
}

function none({ from, to, rolloutId }: RolloutQuery): CoalmineError {
  const which = rolloutId === null ? '' : `${rolloutId} `;
  return new CoalmineError('usage', `no rollout ${which}reads ${from} and ${to}`, {
    hints: ['Name its plan: --plan PLAN.yaml. Model and versions are taken from there.'],
  });
}
