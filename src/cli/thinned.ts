/**
 * At most `limit` of these, in their order: of each stretch the one that `weightOf` finds the greatest
 * (the first of equals), and always the last one. All of them when there are no more than that.
 */
export function thinned<T>(
  items: readonly T[],
  limit: number,
  weightOf: (item: T) => number,
): readonly T[] {
  const last = items.at(-1);
  if (items.length <= limit || last === undefined) return items;
  const before = items.length - 1;
  const count = limit - 1;
  const kept = Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * before) / count);
    const to = Math.floor(((i + 1) * before) / count);
    return items
      .slice(from, to)
      .reduce((best, item) => (weightOf(item) > weightOf(best) ? item : best));
  });
  return [...kept, last];
}
