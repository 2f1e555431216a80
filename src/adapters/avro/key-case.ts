/**
 * Plain data with every key of every record in snake_case, as our Avro schemas have them. Only for
 * records: a map's keys are data, and would be changed too.
 *
 * @example snakeKeys({ rolloutId: 'a.1' }) // { rollout_id: 'a.1' }
 */
export function snakeKeys(value: unknown): unknown {
  return withKeys(value, (key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/**
 * The inverse of {@link snakeKeys}.
 *
 * @example camelKeys({ rollout_id: 'a.1' }) // { rolloutId: 'a.1' }
 */
export function camelKeys(value: unknown): unknown {
  return withKeys(value, (key) =>
    key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  );
}

function withKeys(value: unknown, rename: (key: string) => string): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    return value.some(isObject) ? value.map((item) => withKeys(item, rename)) : value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [rename(key), withKeys(item, rename)]),
  );
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
