import { describe, expect, it } from 'vitest';
import { noCounters } from '../../../../src/core/join/sink.ts';
import { freshStart, startFrom } from '../../../../src/pipeline/stream/partition-start.ts';
import { ReadCounts } from '../../../../src/pipeline/stream/read-counts.ts';
import { positionsOf } from '../../../support/stream/messages-of.ts';

const SUCCESSOR = {
  folderId: 'mine',
  profileHash: null,
  profileFromMs: null,
  keepsSegments: true,
} as const;

const SIDES = [{ side: 'current', topic: 'a', offset: 0 }] as const;

describe('what was read of a partition', () => {
  it('is what its joiner read and what was no row', () => {
    const counts = new ReadCounts(freshStart({ a: 0 }), SIDES);
    counts.skip({ side: 'current', nextOffset: 10, ignoredCount: 2, deadCount: 1 });
    counts.skip({ side: 'outcomes', nextOffset: 10, ignoredCount: 7, deadCount: 7 });
    const joined = { ...noCounters(), read: 5, late: 1 };
    expect(counts.total(joined)).toEqual({ read: 8, late: 1, ignored: 2, deadLettered: 1 });
  });

  it('does not count again what an earlier owner counted', () => {
    const counts = new ReadCounts(startFrom(positionsOf(), SUCCESSOR), SIDES);
    counts.skip({ side: 'current', nextOffset: 88, ignoredCount: 9, deadCount: 9 });
    const again = { ...noCounters(), read: 40, late: 3 };
    expect(counts.total(again)).toEqual(positionsOf().counters);
    counts.begin(again);
    counts.skip({ side: 'current', nextOffset: 95, ignoredCount: 1, deadCount: 0 });
    const total = counts.total({ ...again, read: 44, late: 4 });
    expect(total).toEqual({ read: 95, late: 2, ignored: 4, deadLettered: 2 });
    expect(counts.countedOffsets).toEqual({ current: 95 });
  });

  it('is told with what was read again where work is measured', () => {
    const counts = new ReadCounts(startFrom(positionsOf(), SUCCESSOR), SIDES);
    counts.skip({ side: 'current', nextOffset: 88, ignoredCount: 2, deadCount: 1 });
    expect(counts.processed({ ...noCounters(), read: 40 })).toMatchObject({
      read: 43,
      ignored: 2,
      deadLettered: 1,
    });
  });
});
