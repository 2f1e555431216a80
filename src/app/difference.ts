/** Where two records of ours differ first: a path such as `counts.matched`, and both values as text. */
export interface Difference {
  readonly path: string;
  readonly stored: string;
  readonly derived: string;
}

/**
 * The first place, in the order of the stored record's members, at which two values of plain data
 * differ bit for bit (NaN equals NaN, 0 and -0 differ). Null when there is none.
 */
export function firstDifference(stored: unknown, derived: unknown, path = ''): Difference | null {
  // Most of a store is as it was: only where it is not, a path is worth its cost.
  if (isSame(stored, derived)) return null;
  if (!isParent(stored) || !isParent(derived) || Array.isArray(stored) !== Array.isArray(derived))
    return Object.is(stored, derived)
      ? null
      : { path, stored: textOf(stored), derived: textOf(derived) };
  const before = new Map(Object.entries(stored));
  const after = new Map(Object.entries(derived));
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const deeper = path === '' ? key : `${path}.${key}`;
    const found = firstDifference(before.get(key), after.get(key), deeper);
    if (found !== null) return found;
  }
  return null;
}

function isSame(stored: unknown, derived: unknown): boolean {
  if (Object.is(stored, derived)) return true;
  if (Array.isArray(stored))
    return (
      Array.isArray(derived) &&
      stored.length === derived.length &&
      stored.every((item, i) => isSame(item, derived[i]))
    );
  if (!isParent(stored) || !isParent(derived) || Array.isArray(derived)) return false;
  const before = Object.entries(stored);
  const after = new Map(Object.entries(derived));
  return (
    before.length === after.size && before.every(([key, item]) => isSame(item, after.get(key)))
  );
}

function isParent(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value !== 'number') return JSON.stringify(value);
  return Object.is(value, -0) ? '-0' : String(value);
}
