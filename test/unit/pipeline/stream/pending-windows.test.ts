import { describe, expect, it } from 'vitest';
import { PendingWindows } from '../../../../src/pipeline/stream/pending-windows.ts';
import { partialOf } from '../../../support/stream/messages-of.ts';

const at = (offset: number, nowMs = 0) => ({ offset, nowMs });

describe('windows that wait', () => {
  it('take the first partial of each partition, and give them by its number', () => {
    const pending = new PendingWindows(0);
    expect(pending.add(5, partialOf(1, 5), at(10))).toBe(true);
    expect(pending.add(5, partialOf(0, 5), at(11))).toBe(true);
    expect(pending.add(5, partialOf(1, 5, { matched: 9 }), at(12))).toBe(false);
    const taken = pending.take(5, false);
    expect(taken.map(({ partition, countValue }) => [partition, ...countValue])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect(pending.take(5, false)).toEqual([]);
  });

  it('know the oldest, since when it waits, and the first offset that is needed again', () => {
    const pending = new PendingWindows(0);
    expect([pending.oldest(), pending.lowestOffset()]).toEqual([Infinity, Infinity]);
    pending.add(6, partialOf(0, 6), at(10, 700));
    pending.add(5, partialOf(0, 5), at(11, 800));
    pending.add(6, partialOf(1, 6), at(12, 900));
    expect(pending.oldest()).toBe(5);
    expect([pending.sinceMs(5), pending.sinceMs(6), pending.sinceMs(7)]).toEqual([
      800,
      700,
      Infinity,
    ]);
    expect(pending.lowestOffset()).toBe(10);
  });

  it('forget what was counted without the cells that they have', () => {
    const pending = new PendingWindows(0);
    for (const window of [4, 5, 6]) pending.add(window, partialOf(0, window), at(window));
    pending.add(6, partialOf(1, 6, { windowProfileHash: 'p' }), at(9));
    pending.dropLearning(5);
    expect(pending.take(4, false)).toHaveLength(1);
    expect(pending.oldest()).toBe(6);
    expect(pending.take(6, false).map(({ partition }) => partition)).toEqual([1]);
  });
});

describe('windows that may be amended', () => {
  it('are given whole, with what each partition said last, once they are settled', () => {
    const pending = new PendingWindows(1);
    for (const partition of [0, 1]) pending.add(5, partialOf(partition, 5), at(partition));
    pending.take(5, true);
    pending.add(5, partialOf(1, 5, { revision: 1, matched: 4 }), at(7));
    expect(pending.takeAmended(4)).toEqual([]);
    const [amended] = pending.takeAmended(5);
    expect(amended?.messages.map(({ countValue }) => countValue)).toEqual([[1], [4]]);
    expect(amended?.before.get(1)?.countValue).toEqual([1]);
    expect(pending.takeAmended(9)).toEqual([]);
    expect(pending.lowestOffset()).toBe(Infinity);
  });

  it('have the window that settles them close though nothing is in it', () => {
    const pending = new PendingWindows(2);
    pending.add(5, partialOf(0, 5, { revision: 1 }), at(7));
    expect(pending.oldest()).toBe(7);
    expect(pending.sinceMs(7)).toBe(Infinity);
  });

  it('come with what was counted first also after a restart', () => {
    const pending = new PendingWindows(1);
    pending.keep(5, partialOf(0, 5), at(3));
    pending.add(5, partialOf(1, 5, { revision: 1 }), at(7));
    expect(pending.lowestOffset()).toBe(3);
    expect(pending.takeAmended(5)[0]?.messages.map(({ partition }) => partition)).toEqual([0, 1]);
  });
});
