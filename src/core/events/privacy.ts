import type { Privacy } from './field-map.ts';
import type { FieldMapProblem } from './field-map-compile.ts';
import { isJsonRecord, type JsonRecord } from './parse-field.ts';

/** What is done to one field at the door. */
export type Treatment = 'keep' | 'drop' | 'hash';

/** The rules of one topic, ready for many records. */
export interface CompiledPrivacy {
  /** What happens to `feature.x`, `context.x` or `unit_id`. */
  treatmentOf(name: string): Treatment;
  /** False: records pass as they are. */
  readonly changesAnything: boolean;
  readonly hashesAnything: boolean;
  /** A record in the form of the contract, without what is dropped, and with hashes for what is hashed. */
  apply(value: unknown): unknown;
}

export type PrivacyResult =
  | { readonly ok: true; readonly privacy: CompiledPrivacy }
  | { readonly ok: false; readonly problems: readonly FieldMapProblem[] };

/** A keyed hash of a text: equal texts give equal hashes, and no way back. */
export type HashText = (text: string) => string;

const INPUTS = [
  { key: 'features', prefix: 'feature.' },
  { key: 'context', prefix: 'context.' },
] as const;
const FORMS = 'feature.<name>, context.<name> or unit_id';

/**
 * Privacy rules, checked: every name has a form that can be met, and what is hashed has a key.
 * `drop` wins over `hash`, and both over `keep`.
 *
 * @example compilePrivacy({ drop: ['feature.email'], hash: [], keep: null,
 *   keepDeadLetterPayload: false }, null) // { ok: true, privacy: { treatmentOf, apply, ... } }
 */
export function compilePrivacy(rules: Privacy, hashText: HashText | null): PrivacyResult {
  const problems = [
    ...wrongNames('drop', rules.drop),
    ...wrongNames('hash', rules.hash),
    ...wrongNames('keep', rules.keep ?? []),
  ];
  if (rules.hash.length > 0 && hashText === null)
    problems.push({ at: 'privacy.hash', detail: 'fields are to be hashed, and there is no key' });
  if (problems.length > 0) return { ok: false, problems };
  const treatmentOf = treatments(rules);
  const changesAnything = rules.drop.length + rules.hash.length > 0 || rules.keep !== null;
  return {
    ok: true,
    privacy: {
      treatmentOf,
      changesAnything,
      hashesAnything: rules.hash.length > 0,
      apply: (value) =>
        changesAnything && isJsonRecord(value)
          ? applied(value, { treatmentOf, hashText: hashText ?? String })
          : value,
    },
  };
}

function wrongNames(list: string, names: readonly string[]): FieldMapProblem[] {
  return names
    .filter(
      (name) =>
        name !== 'unit_id' &&
        !INPUTS.some(({ prefix }) => name.startsWith(prefix) && name.length > prefix.length),
    )
    .map((name) => ({
      at: `privacy.${list}`,
      detail: `'${name}' is no field that can be treated; valid: ${FORMS}`,
    }));
}

function treatments({ drop, hash, keep }: Privacy): (name: string) => Treatment {
  const dropped = new Set(drop);
  const hashed = new Set(hash);
  const kept = keep === null ? null : new Set(keep);
  return (name) => {
    if (dropped.has(name)) return 'drop';
    if (hashed.has(name)) return 'hash';
    // `keep` speaks of features and context only.
    return kept === null || name === 'unit_id' || kept.has(name) ? 'keep' : 'drop';
  };
}

interface Rules {
  readonly treatmentOf: (name: string) => Treatment;
  readonly hashText: HashText;
}

function applied(value: JsonRecord, rules: Rules): JsonRecord {
  const result: Record<string, unknown> = { ...value };
  result['unit_id'] = treated('unit_id', value['unit_id'], rules);
  for (const { key, prefix } of INPUTS) {
    const map = value[key];
    if (!isJsonRecord(map)) continue;
    const entries = Object.entries(map).filter(
      ([name]) => rules.treatmentOf(prefix + name) !== 'drop',
    );
    result[key] = Object.fromEntries(
      entries.map(([name, one]) => [name, treated(prefix + name, one, rules)]),
    );
  }
  return result;
}

function treated(name: string, value: unknown, { treatmentOf, hashText }: Rules): unknown {
  const treatment = treatmentOf(name);
  if (treatment === 'drop') return null;
  const isText =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  // A value of another type is no value of the contract, and is refused without a look at it.
  return treatment === 'hash' && isText ? hashText(String(value)) : value;
}
