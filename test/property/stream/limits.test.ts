import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import type { JoinMember } from '../../../src/pipeline/stream/join-member.ts';
import { unaccountedIn } from '../../../src/pipeline/stream/partition-reports.ts';
import { disagreement, errorRate, missing, planOf } from '../../support/plans.ts';
import { canary, current } from '../../support/predictions.ts';
import { CALM, Drive } from '../../support/stream/drive.ts';
import { remainsOf } from '../../support/stream/remains.ts';
import { assertRuns } from '../../support/stream/stirring.ts';
import { INPUTS, World } from '../../support/stream/world.ts';

const START_MS = 1_000_000_000_000;
const plan = planOf([disagreement(), errorRate(), missing()]);

interface Limits {
  readonly queuedRecordsMax: number;
  readonly openKeyCountMax: number;
  readonly openBytesMax: number;
  readonly batchRecordsMax: number;
}

function worldOf(limits: Limits): World {
  return new World({ plan, partitionCount: 2, startMs: START_MS, ...limits });
}

/** Watches a flood go through: after each step no more is open, and no more waits, than may. */
function expectWithin(joiners: readonly JoinMember[], limits: Limits): void {
  for (const { shares } of joiners) {
    const bytes = shares.map(({ partition }) => partition.line.joiner.openBytes);
    expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(limits.openBytesMax);
  }
  for (const { partition } of joiners.flatMap(({ shares }) => shares)) {
    expect(partition.line.joiner.openKeyCount).toBeLessThanOrEqual(limits.openKeyCountMax);
    for (const side of ['current', 'canary'] as const) {
      const most = limits.queuedRecordsMax + limits.batchRecordsMax;
      expect(partition.merge.waiting(side)).toBeLessThanOrEqual(most);
    }
  }
}

const limits = fc.record({
  queuedRecordsMax: fc.constantFrom(5, 40),
  openKeyCountMax: fc.constantFrom(10, 60, 1_000),
  openBytesMax: fc.constantFrom(6_000, 20_000, 1_000_000),
  batchRecordsMax: fc.constantFrom(1, 7, 50),
});

describe('a flood on one side', () => {
  it('stays within the limits, is read to the end and counted', async () => {
    await assertRuns(
      fc.asyncProperty(
        limits,
        fc.constantFrom('current' as const, 'canary' as const),
        fc.integer({ min: 50, max: 400 }),
        fc.constantFrom(0, 40, 700),
        async (given, side, count, gapMs) => {
          const world = worldOf(given);
          const drive = new Drive(world, 1);
          const make = side === 'current' ? current : canary;
          for (let i = 0; i < count; i++) {
            world.nowMs += 1;
            world.predict(make(`r${i}`, START_MS + i * gapMs), INPUTS[side]);
          }
          for (let turn = 0; turn < 1_500; turn++) {
            world.nowMs += 2_000;
            await drive.stepAll();
            expectWithin(drive.joiners, given);
          }
          const tallies = drive.judge.mergers[0]?.reports.tallies() ?? [];
          expect(tallies.reduce((sum, { position }) => sum + position.read, 0)).toBe(count);
          for (const tally of tallies) expect(unaccountedIn(tally, 0)).toBe(0);
        },
      ),
      { wanted: 12, least: 2 },
    );
  });

  it.each([
    ['request ids', { openKeyCountMax: 160, openBytesMax: 1e6 }],
    ['bytes', { openKeyCountMax: 10_000, openBytesMax: 54_000 }],
  ])(
    'waits at a limit of %s for the other side while that is only slow, and loses no pair',
    async (_, open) => {
      const given = { queuedRecordsMax: 20, ...open, batchRecordsMax: 7 };
      const world = worldOf(given);
      const drive = new Drive(world, 1);
      world.nowMs += 300_000;
      for (let i = 0; i < 300; i++)
        world.predict(current(`r${i}`, START_MS + i * 400), INPUTS.current);
      // The canary answers three a second: all that is ahead of it waits.
      for (let i = 0; i < 300; i++) {
        world.nowMs += 400;
        world.predict(canary(`r${i}`, START_MS + i * 400 + 50), INPUTS.canary);
        await drive.stepAll();
        expectWithin(drive.joiners, given);
      }
      await drive.drain();
      const tallies = drive.judge.mergers[0]?.reports.tallies() ?? [];
      expect(tallies.reduce((sum, { matched }) => sum + matched, 0)).toBe(300);
      expect(remainsOf(drive).unaccounted).toEqual([0, 0]);
      expect(world.telemetry.series('pauses_total').length).toBeGreaterThan(0);
    },
  );
});

describe('a partition whose owner is gone for longer than the deadline', () => {
  it('is missing in windows that close without it, and what it says later is counted, not merged', async () => {
    const world = new World({
      plan,
      partitionCount: 2,
      startMs: START_MS,
      partialDeadlineMs: 60_000,
    });
    const drive = new Drive(world, 2);
    await drive.feed(steady(0, 200), { ...CALM, joinerCount: 2, burst: 4 });
    // One of two sits still and is not ejected: nobody has its partition.
    const [, absent] = drive.joiners;
    const lost = absent?.shares[0]?.partition;
    drive.rest(absent);
    await drive.feed(steady(200, 500), { ...CALM, joinerCount: 2, burst: 4 });
    const incomplete = () =>
      [...(world.stored('fraud-v7.1')?.windows.values() ?? [])].filter(
        ({ summary }) => summary.missingPartitions.length > 0,
      );
    expect(incomplete().length).toBeGreaterThan(0);
    for (const { summary } of incomplete())
      expect(summary.missingPartitions).toEqual([lost?.partition]);
    const before = JSON.stringify(incomplete());
    drive.rest(null);
    await drive.drain();
    const merger = drive.judge.mergers[0];
    expect(merger?.lateCount).toBe(merger?.incompleteCount);
    expect(JSON.stringify(incomplete())).toBe(before);
    const other = lost?.partition === 0 ? 1 : 0;
    expect(remainsOf(drive).unaccounted[other]).toBe(0);
  });

  it('is told of as late by a judge that took over in between, too', async () => {
    const world = new World({
      plan,
      partitionCount: 2,
      startMs: START_MS,
      partialDeadlineMs: 60_000,
    });
    const drive = new Drive(world, 2);
    await drive.feed(steady(0, 100), { ...CALM, joinerCount: 2, burst: 4 });
    const [, absent] = drive.joiners;
    drive.rest(absent);
    await drive.feed(steady(100, 400), { ...CALM, joinerCount: 2, burst: 4 });
    const incompleteCount = drive.judge.mergers[0]?.incompleteCount ?? 0;
    expect(incompleteCount).toBeGreaterThan(0);
    drive.restart('judge');
    drive.rest(null);
    await drive.drain();
    expect(drive.judge.mergers[0]?.lateCount).toBe(incompleteCount);
  });
});

/** Requests so numbered, two a second, each answered by both arms. */
function steady(from: number, to: number): readonly Prediction[] {
  const log: Prediction[] = [];
  for (let i = from; i < to; i++) {
    const atMs = START_MS + i * 1_500;
    log.push(current(`r${i}`, atMs), canary(`r${i}`, atMs + 20));
  }
  return log;
}
