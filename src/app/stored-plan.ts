import type { Plan } from '../core/events/plan.ts';

const KEY = 'plan';

/**
 * What a store keeps of the plan it is judged by, so that a verdict can be derived again from the
 * store alone. Who is told is left out: addresses may hold secrets, and no evidence depends on them.
 */
export function planMeta(plan: Plan): ReadonlyMap<string, string> {
  return new Map([[KEY, JSON.stringify({ ...plan, notifications: [] } satisfies Plan)]]);
}

/** The plan that {@link planMeta} kept; null when there is none. */
export function planOfMeta(meta: ReadonlyMap<string, string>): Plan | null {
  const text = meta.get(KEY);
  // Decoder edge: the text was written by us, from a plan.
  return text === undefined ? null : (JSON.parse(text) as Plan);
}
