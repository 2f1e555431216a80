import { describe, expect, it } from 'vitest';
import {
  PartitionReports,
  unaccountedIn,
} from '../../../../src/pipeline/stream/partition-reports.ts';
import { heartbeatOf, partialOf } from '../../../support/stream/messages-of.ts';

const LEARNING = { hash: null, firstWindow: Infinity };

describe('how far partitions have reported', () => {
  it('is as far as the last of them', () => {
    const reports = new PartitionReports(2);
    expect(reports.through(LEARNING)).toBe(-Infinity);
    reports.hear(heartbeatOf(0, 7), 7);
    expect(reports.through(LEARNING)).toBe(-Infinity);
    reports.hear(partialOf(1, 5), 5);
    expect(reports.through(LEARNING)).toBe(5);
    expect(reports.missing(7, LEARNING)).toEqual([1]);
    expect([5, 6].map((window) => reports.hasReported(1, window, LEARNING))).toEqual([true, false]);
  });

  it('does not go back with what an earlier owner says later', () => {
    const reports = new PartitionReports(1);
    const counters = { read: 9, late: 0, deadLettered: 0, ignored: 0 };
    reports.hear(heartbeatOf(0, 7, { counters, watermarkMs: 50 }), 7);
    reports.hear(heartbeatOf(0, 3, { watermarkMs: 20 }), 3);
    expect(reports.through(LEARNING)).toBe(7);
    expect(reports.tallies()[0]).toMatchObject({ position: counters, watermarkMs: 50 });
  });

  it('counts from the first window in new cells only with those who count in them', () => {
    const reports = new PartitionReports(1);
    reports.hear(heartbeatOf(0, 9), 9);
    const cells = { hash: 'p', firstWindow: 6 };
    expect(reports.through(cells)).toBe(5);
    reports.hear(heartbeatOf(0, 8, { profileHash: 'p' }), 8);
    expect(reports.through(cells)).toBe(8);
  });

  it('is known again after a restart', () => {
    const reports = new PartitionReports(1);
    reports.hear(heartbeatOf(0, 7), 7);
    const restored = new PartitionReports(1);
    restored.restore(JSON.parse(JSON.stringify(reports.tallies())));
    expect(restored.through(LEARNING)).toBe(7);
    const untouched = new PartitionReports(1);
    untouched.restore(JSON.parse(JSON.stringify(new PartitionReports(1).tallies())));
    expect(untouched.tallies()[0]?.watermarkMs).toBe(-Infinity);
  });
});

describe('the account of a partition', () => {
  it('is even when every record is decided, counted otherwise or open', () => {
    const reports = new PartitionReports(1);
    const counters = { read: 10, late: 1, deadLettered: 1, ignored: 1 };
    const partial = partialOf(0, 5, { matched: 3, counters });
    reports.hear(partial, 5);
    reports.count(partial);
    const [tally] = reports.tallies();
    expect(tally === undefined ? null : unaccountedIn(tally, 1)).toBe(0);
  });

  it('takes of a later revision only what it adds', () => {
    const reports = new PartitionReports(1);
    const first = partialOf(0, 5, { matched: 3 });
    reports.count(first);
    reports.count(partialOf(0, 5, { matched: 5, revision: 1 }), first);
    expect(reports.tallies()[0]?.matched).toBe(5);
  });
});
