import { CoalmineError } from '../core/foundation/error.ts';

/** So many other ids are named beside one that is not known. */
const NAMED_MAX = 3;

/**
 * The one id that begins with `prefix`, of ids in the order in which they were stored.
 *
 * @throws CoalmineError `not_found`, naming the ids that are nearest, else the latest ones;
 *   `usage` when the prefix is of several
 */
export function findId(ids: readonly string[], prefix: string): string {
  const matching = ids.filter((id) => id.startsWith(prefix));
  const [only] = matching;
  if (ids.includes(prefix)) return prefix;
  if (only !== undefined && matching.length === 1) return only;
  if (matching.length > 1) {
    throw new CoalmineError('usage', `${matching.length} verdicts begin with ${prefix}`, {
      hints: ['give more of the id; the latest of them:', ...matching.slice(-NAMED_MAX)],
    });
  }
  if (ids.length === 0) throw new CoalmineError('not_found', 'no verdict is stored yet');
  throw new CoalmineError('not_found', `no verdict ${prefix} is stored`, {
    hints: [
      'the nearest ids, the latest last:',
      ...nearest(ids, prefix),
      'coalmine verdicts --out DIR lists them',
    ],
  });
}

/** Those that share the most first letters, then the latest; in the order of the ids. */
function nearest(ids: readonly string[], prefix: string): readonly string[] {
  const ranked = ids.map((id, at) => ({ id, at, shared: sharedLength(id, prefix) }));
  return ranked
    .toSorted((left, right) => right.shared - left.shared || right.at - left.at)
    .slice(0, NAMED_MAX)
    .toSorted((left, right) => left.at - right.at)
    .map(({ id }) => id);
}

function sharedLength(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return length;
}
