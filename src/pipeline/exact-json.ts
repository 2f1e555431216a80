/**
 * JSON that gives every number back bit for bit: what JSON cannot say (NaN, both infinities, -0) is
 * written as a string that SQL casts to the same double.
 */

/** Members whose values are text, whatever they look like: a category may be called `NaN`. */
const TEXT_MEMBERS: ReadonlySet<string> = new Set(
  [
    'rolloutId profileHash name role kind cells labels metric because', // window summaries
    'categories notWatched model currentVersion', // profiles
    'id canaryVersion policyDigest decision reason type nature status asks', // verdicts
    'sentence countOf effectOf field measure cell',
  ].flatMap((line) => line.split(' ')),
);

function isSayable(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || value === null) return true;
  // Lists are long: a copy of each would cost more than the look at it.
  for (const member of Array.isArray(value) ? value : Object.values(value))
    if (!isSayable(member)) return false;
  return true;
}

function sayable(_key: string, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

/**
 * A record of ours as JSON text. Same record, same text.
 *
 * @example exactJson({ sum: Number.NaN }) // '{"sum":"NaN"}'
 */
export function exactJson(record: object): string {
  return isSayable(record) ? JSON.stringify(record) : JSON.stringify(record, sayable);
}

const UNSAYABLE: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

/** Numbers back where they were: in every member that is not text. */
function restored(value: unknown, member: string): unknown {
  if (typeof value === 'string')
    return TEXT_MEMBERS.has(member) ? value : (UNSAYABLE.get(value) ?? value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((entry) => restored(entry, member));
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, restored(v, key)]));
}

/**
 * What {@link exactJson} was given, for window summaries, positions, profiles and verdicts: their
 * text stays text, even where it reads like a number.
 *
 * @example parseExactJson('{"sum":"NaN"}') // { sum: NaN }
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return /"(?:NaN|-?Infinity|-0)"/.test(text) ? restored(value, '') : value;
}
