import { assert } from '../foundation/assert.ts';
import type { KeyTable } from './key-table.ts';
import type { OpenWindow } from './open-windows.ts';
import { NO_SLOT, type Slots } from './slots.ts';

/**
 * Gives back what a flood took: the slots of each window come to lie side by side, in the order of its
 * chain, in arrays that fit. Nothing else may hold a number of a slot meanwhile.
 */
export function shrinkOpen(slots: Slots, table: KeyTable, windows: Iterable<OpenWindow>): void {
  const kept = new Int32Array(slots.open);
  const ends = new Set<number>();
  let n = 0;
  for (const open of windows) {
    const first = n;
    for (let slot = open.firstSlot; slot !== NO_SLOT; slot = slots.next[slot] ?? NO_SLOT)
      kept[n++] = slot;
    if (n > first) open.firstSlot = first;
    ends.add(n - 1);
  }
  assert(n === kept.length, 'every open slot is in the chain of one window');
  slots.keepOnly(kept);
  for (let slot = 0; slot < n; slot++) slots.next[slot] = ends.has(slot) ? NO_SLOT : slot + 1;
  table.refill([...kept.keys()].filter((slot) => slots.inTable[slot] === 1));
}
