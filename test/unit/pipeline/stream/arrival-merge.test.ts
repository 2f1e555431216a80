import { describe, expect, it } from 'vitest';
import { ArrivalMerge, type MergeBounds } from '../../../../src/pipeline/stream/arrival-merge.ts';
import type { Side } from '../../../../src/pipeline/stream/ports.ts';
import { sideBatchOf } from '../../../support/stream/messages-of.ts';

const FREE: MergeBounds = { horizonMs: Infinity, lengthMax: 100, heldSide: null, limits: null };
const APART = [
  { side: 'current', topic: 'a', offset: 0 },
  { side: 'canary', topic: 'b', offset: 0 },
] as const;
const SHARED = [
  { side: 'current', topic: 'a', offset: 0 },
  { side: 'canary', topic: 'a', offset: 0 },
] as const;

/** Received at a time, from a partition that ended there. */
const ended = (atMs: number, endOffset: number) => ({
  askedAtMs: atMs,
  receivedAtMs: atMs,
  endOffset,
});

/** What is joined, as `side row` in order. */
function joined(merge: ArrivalMerge, bounds: MergeBounds = FREE): string[] {
  const order: [number, string][] = [];
  for (let stretch = merge.next(bounds); stretch !== null; stretch = merge.next(bounds)) {
    const { predictions, outcomes } = stretch.input;
    for (const list of [predictions, outcomes]) {
      for (let i = 0; i < list.length; i++) {
        const entry = list.entries[i] ?? 0;
        const side: Side = (['current', 'canary', 'outcomes'] as const)[entry & 3] ?? 'current';
        order.push([list.sequences[i] ?? 0, `${side} ${entry >> 2}`]);
      }
    }
  }
  return order.toSorted(([left], [right]) => left - right).map(([, what]) => what);
}

describe('the order of arrival', () => {
  it('is that of the logs, whatever came first', () => {
    const merge = new ArrivalMerge(APART);
    merge.offer(
      sideBatchOf('canary', [
        [0, 20],
        [1, 40],
      ]),
      ended(100, 2),
    );
    expect(joined(merge)).toEqual([]);
    expect(merge.stoppedBy).toBe('other_topic');
    expect(merge.waitsFor()).toEqual(['a']);
    merge.offer(
      sideBatchOf('current', [
        [0, 10],
        [1, 30],
      ]),
      ended(100, 2),
    );
    expect(joined(merge)).toEqual(['current 0', 'canary 0', 'current 1']);
    merge.sawEnd('a', 2, 101);
    expect(joined(merge)).toEqual(['canary 1']);
  });

  it('waits for a topic until its end was seen after the batch had come', () => {
    const merge = new ArrivalMerge(APART);
    merge.offer(sideBatchOf('current', [[0, 10]]), ended(100, 1));
    merge.sawEnd('b', 0, 100);
    expect(joined(merge)).toEqual([]);
    merge.sawEnd('b', 3, 101);
    expect(joined(merge)).toEqual([]);
    merge.sawEnd('b', 0, 101);
    expect(joined(merge)).toEqual(['current 0']);
  });

  it('has the current arm first of two that arrived together', () => {
    const merge = new ArrivalMerge(APART);
    merge.offer(sideBatchOf('canary', [[0, 10]]), ended(100, 1));
    merge.offer(sideBatchOf('current', [[0, 10]]), ended(100, 1));
    expect(joined(merge)).toEqual(['current 0']);
    merge.sawEnd('a', 1, 101);
    expect(joined(merge)).toEqual(['canary 0']);
  });

  it('keeps the offsets of a topic, also where its clock goes back', () => {
    const merge = new ArrivalMerge(SHARED);
    merge.offer(
      sideBatchOf(
        'current',
        [
          [0, 50],
          [3, 10],
        ],
        { nextOffset: 4 },
      ),
      ended(100, 4),
    );
    merge.offer(
      sideBatchOf(
        'canary',
        [
          [1, 20],
          [2, 60],
        ],
        { nextOffset: 4 },
      ),
      ended(100, 4),
    );
    expect(joined(merge)).toEqual(['current 0', 'canary 0', 'canary 1', 'current 1']);
    expect(merge.nextOffsets()).toEqual({ a: 4 });
  });

  it('has the clock of the records before for a prediction, its own arrival for an outcome', () => {
    const merge = new ArrivalMerge([{ side: 'outcomes', topic: 'c', offset: 0 }]);
    merge.offer(sideBatchOf('outcomes', [[0, 70, 5]]), ended(100, 1));
    expect(merge.next(FREE)?.input.outcomes.clocksMs[0]).toBe(70);
    const other = new ArrivalMerge([{ side: 'current', topic: 'a', offset: 0 }]);
    other.offer(
      sideBatchOf('current', [
        [0, 70],
        [1, 80],
      ]),
      ended(100, 2),
    );
    expect([...(other.next(FREE)?.input.predictions.clocksMs.slice(0, 2) ?? [])]).toEqual([
      -Infinity,
      70,
    ]);
  });
});

describe('a batch', () => {
  it('that was taken already changes nothing', () => {
    const merge = new ArrivalMerge([{ side: 'current', topic: 'a', offset: 0 }]);
    const batch = sideBatchOf('current', [
      [0, 10],
      [1, 20],
    ]);
    merge.offer(batch, ended(100, 2));
    merge.offer(batch, ended(101, 2));
    expect(merge.waiting('current')).toBe(2);
    expect(joined(merge)).toHaveLength(2);
    expect([merge.isEmpty, merge.waiting('current')]).toEqual([true, 0]);
  });

  it('of which nothing is of a side is passed, and counted once', () => {
    const merge = new ArrivalMerge([{ side: 'current', topic: 'a', offset: 0 }]);
    const none = { nextOffset: 9, ignoredCount: 4, deadCount: 2 };
    merge.offer(sideBatchOf('current', [], none), ended(100, 9));
    expect(merge.takePassed()).toEqual([{ side: 'current', ...none }]);
    expect(merge.takePassed()).toEqual([]);
    expect(merge.endSeenAtMs()).toBe(100);
    expect(merge.offeredOffset('a')).toBe(9);
    expect(merge.offeredOffset('z')).toBe(Infinity);
  });
});

describe('a partition that an earlier owner had read', () => {
  it('is joined from its mark on, and read from where what is no row was not counted', () => {
    const merge = new ArrivalMerge([{ side: 'current', topic: 'a', offset: 5, readFrom: 2 }]);
    expect([merge.offeredOffset('a'), merge.nextOffsets()]).toEqual([2, { a: 5 }]);
    const rows = sideBatchOf('current', [[3, 10]], { nextOffset: 5, ignoredCount: 1 });
    merge.offer(rows, ended(100, 7));
    expect(merge.isEmpty).toBe(true);
    expect(merge.takePassed()).toHaveLength(1);
    merge.offer(sideBatchOf('current', [[6, 20]], { nextOffset: 7 }), ended(101, 7));
    expect(joined(merge)).toEqual(['current 0']);
  });
});

describe('the bounds of a merge', () => {
  it('keep back what lies behind the horizon, and all that comes after it', () => {
    const merge = new ArrivalMerge([{ side: 'current', topic: 'a', offset: 0 }]);
    merge.offer(
      sideBatchOf('current', [
        [0, 10, 1],
        [1, 20, 500],
        [2, 30, 2],
      ]),
      ended(100, 3),
    );
    expect(joined(merge, { ...FREE, horizonMs: 500 })).toEqual(['current 0']);
    expect(merge.stoppedBy).toBe('horizon');
    expect(merge.nextOffsets()).toEqual({ a: 1 });
  });

  it('do not cut a record that is several rows', () => {
    const merge = new ArrivalMerge([{ side: 'current', topic: 'a', offset: 0 }]);
    merge.offer(
      sideBatchOf('current', [
        [0, 10, 1],
        [0, 10, 500],
        [1, 20, 500],
      ]),
      ended(100, 2),
    );
    expect(joined(merge, { ...FREE, horizonMs: 500 })).toEqual(['current 0', 'current 1']);
  });

  it('hold one side while the other goes on', () => {
    const merge = new ArrivalMerge(APART);
    merge.offer(
      sideBatchOf('current', [
        [0, 10],
        [1, 11],
      ]),
      ended(100, 2),
    );
    merge.offer(
      sideBatchOf('canary', [
        [0, 20],
        [1, 30],
      ]),
      ended(100, 2),
    );
    expect(joined(merge, { ...FREE, heldSide: 'current' })).toEqual(['canary 0', 'canary 1']);
    expect(merge.stoppedBy).toBe('held');
  });

  it('stop at offsets, and then know that nothing earlier comes', () => {
    const merge = new ArrivalMerge(APART);
    merge.offer(
      sideBatchOf('current', [
        [0, 10],
        [1, 40],
      ]),
      ended(100, 2),
    );
    const limits = { a: 1, b: 0 };
    expect(joined(merge, { ...FREE, limits })).toEqual(['current 0']);
  });
});
