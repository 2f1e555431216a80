import type { SharedItems } from './shared-items.ts';

/**
 * Overlap at k of two rankings that were read k deep: shared items / items of the longer one, in
 * [0, 1]. So two lists shorter than k can be equal, and one that is the beginning of a longer one is
 * not. 0 where only one is empty; null where both are: then there is nothing to compare.
 * Source: the agreement X_d / d of Webber, Moffat & Zobel (2010), at the depth of the longer list.
 *
 * @example overlap of [a, b, c] and [b, a, x] // 2/3
 */
export function overlapOf(shared: SharedItems): number | null {
  return shared.longerLength === 0 ? null : shared.count / shared.longerLength;
}
