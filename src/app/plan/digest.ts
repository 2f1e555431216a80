import { createHash } from 'node:crypto';
import type { Limits, Plan } from '../../core/events/plan.ts';

/** Settings that no number in a window and no bound of a check depends on. */
const OUTSIDE_EVIDENCE: readonly string[] = [
  'name',
  'notifications',
  'routing',
  'keepPairs',
  'openKeyCountMax',
  'deadLetterCountMax',
] satisfies readonly (keyof Plan | keyof Limits)[];

/**
 * The policy digest: sha256 (hex) of everything in a plan that can change the evidence. The name,
 * notifications, routing, kept pairs and the limits that only stop or only count are not in it, so
 * changing them does not start the evidence anew.
 */
export function planDigest(plan: Plan): string {
  const policy = { ...evidenceOf(plan), limits: evidenceOf(plan.limits) };
  return createHash('sha256').update(canonicalJson(policy)).digest('hex');
}

function evidenceOf(settings: object): Readonly<Record<string, unknown>> {
  const entries = Object.entries(settings).filter(([key]) => !OUTSIDE_EVIDENCE.includes(key));
  return Object.fromEntries(entries);
}

/**
 * JSON with sorted keys and no white space: equal values give equal text.
 *
 * @example canonicalJson({ b: 1, a: [null] }) // '{"a":[null],"b":1}'
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
}
