import type { ScalarCount } from './layout.ts';
import { countOffset } from './layout.ts';
import type { WindowPartial } from './partial.ts';

const ARMS = [
  { due: 'dueInShadowCurrent', unmatched: 'unmatchedCurrent', notAsked: 'notAskedCurrent' },
  { due: 'dueInShadowCanary', unmatched: 'unmatchedCanary', notAsked: 'notAskedCanary' },
] as const satisfies readonly Record<'due' | 'unmatched' | 'notAsked', ScalarCount>[];

/**
 * Says of lone predictions what only the stage of their window can say (join contract 9): in shadow their
 * counterpart was due and they are unmatched, else nobody asked for it. Changes the partial.
 *
 * @example 3 lone current predictions of a shadow window: `unmatchedCurrent` is 3 more
 */
export function settleDue(partial: WindowPartial, inShadow: boolean): void {
  const { counts } = partial;
  for (const { due, unmatched, notAsked } of ARMS) {
    const to = countOffset(inShadow ? unmatched : notAsked);
    counts[to] = (counts[to] ?? 0) + (counts[countOffset(due)] ?? 0);
    counts[countOffset(due)] = 0;
  }
}
