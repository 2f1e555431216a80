import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeWindowPartial } from '../../../src/adapters/avro/codec.ts';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import { layoutOf } from '../../../src/core/windows/layout.ts';
import { settleDue } from '../../../src/core/windows/settle-due.ts';
import { fromSparse } from '../../../src/core/windows/sparse.ts';
import type { PartitionSource } from '../../../src/pipeline/stream/ports.ts';
import { disagreement, errorRate, missing, planOf } from '../../support/plans.ts';
import { Drive } from '../../support/stream/drive.ts';
import { countsOf, joinInBatch } from '../../support/stream/oracle.ts';
import { remainsOf } from '../../support/stream/remains.ts';
import { steadyLog } from '../../support/stream/steady-log.ts';
import { World } from '../../support/stream/world.ts';

const START_MS = 1_000_000_000_000;
const PARTITION_COUNT = 512;
const JOINER_COUNT = 64;
const ROLLOUT_COUNT = 30;
const plan = planOf([disagreement(), errorRate(), missing()]);

/** Requests to the broker, by what they ask for. */
const asked = { polls: 0, ends: 0 };

function counting(source: PartitionSource): PartitionSource {
  return {
    poll: async (waitMs) => {
      asked.polls += 1;
      return await source.poll(waitMs);
    },
    resume: async (from) => await source.resume(from),
    setPaused: (partitions, isPaused) => source.setPaused(partitions, isPaused),
    ends: async (partitions) => {
      asked.ends += 1;
      return await source.ends(partitions);
    },
    close: async () => await source.close(),
  };
}

function storedCounts(world: World, rolloutId: string): ReadonlyMap<number, unknown> {
  const windows = world.stored(rolloutId)?.windows.values() ?? [];
  return new Map(
    [...windows].map(({ summary, partial }) => [
      summary.windowStartMs / plan.window.lengthMs,
      countsOf(fromSparse(decodeWindowPartial(partial), layoutOf(null))),
    ]),
  );
}

function batchCounts(log: readonly Prediction[]): ReadonlyMap<number, unknown> {
  const { windows } = joinInBatch(log, plan, PARTITION_COUNT);
  return new Map(
    [...windows].flatMap(([number, partial]) => {
      settleDue(partial, true);
      const counts = countsOf(partial);
      return Object.keys(counts).length === 0 ? [] : [[number, counts]];
    }),
  );
}

/** What passes in so many windows in which nothing comes, by topic, and by request. */
async function idleCost(drive: Drive, windowCount: number): Promise<Record<string, number>> {
  const { sent } = drive.world.faults;
  sent.clear();
  Object.assign(asked, { polls: 0, ends: 0 });
  for (let i = 0; i < 5 * windowCount; i++) {
    drive.world.nowMs += plan.window.lengthMs / 5;
    await drive.stepAll();
  }
  const cost: Record<string, number> = { ...asked };
  for (const [topic, { records, requests }] of sent) {
    cost[`${topic} records`] = records;
    cost[`${topic} requests`] = requests;
  }
  for (const name of Object.keys(cost)) cost[name] = Math.round((cost[name] ?? 0) / windowCount);
  return cost;
}

describe('512 partitions, 64 joiners and 30 rollouts in one process', () => {
  it('give each rollout the windows of a batch join, and are cheap when nothing comes', async () => {
    const rolloutIds = Array.from({ length: ROLLOUT_COUNT }, (_, i) => `fraud-v7.${i + 1}`);
    const happenings = steadyLog({ startMs: START_MS, requestCount: 10_500, gapMs: 10 });
    const log = happenings.flatMap((one) => ('prediction' in one ? [one.prediction] : []));
    expect(log.length).toBeGreaterThan(20_000);
    const beganMs = performance.now();
    const world = new World({
      plan,
      partitionCount: PARTITION_COUNT,
      startMs: START_MS,
      rolloutIds,
      wrapSource: counting,
    });
    const drive = new Drive(world, JOINER_COUNT);
    const move = { joinerCount: JOINER_COUNT, burst: 7_000, moves: [0, 6, 0] };
    await drive.feedAll(happenings, move);
    for (let i = 0; i < 12; i++) {
      world.nowMs += 12_000;
      await drive.stepAll();
    }
    const tookMs = performance.now() - beganMs;
    const expected = batchCounts(log);
    for (const id of rolloutIds) expect(storedCounts(world, id)).toEqual(expected);
    const accounts = rolloutIds.flatMap((id) => remainsOf(drive, id).unaccounted);
    expect(accounts).toHaveLength(ROLLOUT_COUNT * PARTITION_COUNT);
    expect(new Set(accounts)).toEqual(new Set([0]));
    const cost = await idleCost(drive, 2);
    // One heartbeat and its place in the log for each partition of each rollout, in few requests.
    expect(cost['coalmine.partials records']).toBeLessThanOrEqual(ROLLOUT_COUNT * PARTITION_COUNT);
    expect(cost['coalmine.partials requests']).toBeLessThanOrEqual(5 * JOINER_COUNT);
    const file = process.env['COALMINE_SCALE_FILE'];
    const rssBytes = process.memoryUsage().rss;
    if (file !== undefined) writeFileSync(file, JSON.stringify({ tookMs, rssBytes, ...cost }));
  });
});
