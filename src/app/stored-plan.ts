import type { Plan } from '../core/events/plan.ts';
import { planDigest } from './plan/digest.ts';

/** The plan that a run began with. */
const FIRST = 'plan';
/** Those that it was changed to, by their policy digest. */
const CHANGED = 'plan/';

/**
 * What a store keeps of the plan it is judged by, so that a verdict can be derived again from the
 * store alone. Who is told is left out: addresses may hold secrets, and no evidence depends on them.
 */
export function planMeta(plan: Plan): ReadonlyMap<string, string> {
  return new Map([[FIRST, textOf(plan)]]);
}

/**
 * What a store keeps beside `meta` when it is judged by this plan from now on: earlier verdicts are
 * derived by the plan of their own. Empty when the store holds a plan of this policy.
 */
export function changedPlanMeta(
  plan: Plan,
  meta: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const known = plansOfMeta(meta);
  if (known.size === 0) return planMeta(plan);
  const digest = planDigest(plan);
  return new Map(known.has(digest) ? [] : [[`${CHANGED}${digest}`, textOf(plan)]]);
}

/** The plans that were kept, by their policy digest; empty when there is none. */
export function plansOfMeta(meta: ReadonlyMap<string, string>): ReadonlyMap<string, Plan> {
  const kept = [...meta].filter(([key]) => key === FIRST || key.startsWith(CHANGED));
  return new Map(
    kept.map(([, text]) => {
      // Decoder edge: the text was written by us, from a plan.
      const plan = JSON.parse(text) as Plan;
      return [planDigest(plan), plan];
    }),
  );
}

function textOf(plan: Plan): string {
  return JSON.stringify({ ...plan, notifications: [] } satisfies Plan);
}
