/**
 * Plain data with every key of every record in snake_case, as our Avro schemas have them. Only for
 * records: a map's keys are data, and would be changed too.
 *
 * @example snakeKeys({ rolloutId: 'a.1' }) // { rollout_id: 'a.1' }
 */
export function snakeKeys(value: unknown): unknown {
  return withKeys(value, snakeKey);
}

/**
 * The inverse of {@link snakeKeys}.
 *
 * @example camelKeys({ rollout_id: 'a.1' }) // { rolloutId: 'a.1' }
 */
export function camelKeys(value: unknown): unknown {
  return withKeys(value, camelKey);
}

/** A key with a dot names the record type of a union in full: it is no field. */
const snakeKey = remembered((key) =>
  key.includes('.') ? key : key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
);

const camelKey = remembered((key) =>
  key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
);

/** Our records have some dozens of different keys, and are written by the thousand. */
function remembered(rename: (key: string) => string): (key: string) => string {
  const names = new Map<string, string>();
  return (key) => {
    const known = names.get(key);
    if (known !== undefined) return known;
    const name = rename(key);
    names.set(key, name);
    return name;
  };
}

function withKeys(value: unknown, rename: (key: string) => string): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    // A list of ours holds one kind of thing; lists of numbers are long, and are passed as they are.
    const [first] = value;
    const isPlain = typeof first === 'number' || typeof first === 'string';
    return isPlain ? value : value.map((item) => withKeys(item, rename));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [rename(key), withKeys(item, rename)]),
  );
}
