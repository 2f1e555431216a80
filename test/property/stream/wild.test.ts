import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import { disagreement, errorRate, missing, planOf } from '../../support/plans.ts';
import { randomLog } from '../../support/random-log.ts';
import { Drive, type Stirring } from '../../support/stream/drive.ts';
import { remainsOf } from '../../support/stream/remains.ts';
import { assertRuns, stirring } from '../../support/stream/stirring.ts';
import { World } from '../../support/stream/world.ts';

const dropping = planOf([disagreement(), errorRate(), missing()]);
const amending = { ...dropping, window: { ...dropping.window, late: 'amend' as const } };
const LOG = { requestCountMax: 50, disorderMaxMs: 8_000, wild: true, withArrival: true };

interface How {
  readonly partitionCount: number;
  readonly stirring: Stirring;
  readonly crashAt?: number | null;
  readonly amends?: boolean;
}

async function run(log: readonly Prediction[], how: How): Promise<Drive> {
  const world = new World({
    plan: how.amends === true ? amending : dropping,
    partitionCount: how.partitionCount,
    startMs: 1_000_000_000_000,
    batchRecordsMax: 7,
    routerLeadMs: Number.NEGATIVE_INFINITY,
  });
  const drive = new Drive(world, how.stirring.joinerCount);
  world.faults.crashesAt.push(how.crashAt ?? -1);
  await drive.feed(log, how.stirring);
  await drive.drain();
  return drive;
}

/** Everybody hears the whole log at once: no silence comes before its end. */
const BACKLOG: Stirring = { joinerCount: 1, burst: 100_000, moves: [0] };

describe('a wild log: late records, records ahead of their time, gaps', () => {
  // Windows may differ between runs: processing time closes those of a silent partition, and how
  // much of the log it had read by then is the run's own.
  it('is accounted for to the last record, and no id has two contents', async () => {
    await assertRuns(
      fc.asyncProperty(
        randomLog(LOG),
        fc.constantFrom(1, 3, 12),
        fc.tuple(stirring, fc.constantFrom(0, 25_000, 45_000, 130_000)),
        fc.option(fc.nat({ max: 300 })),
        fc.boolean(),
        async (log, partitionCount, [stirred, stallMs], crashAt, amends) => {
          const how = { partitionCount, stirring: { ...stirred, stallMs }, crashAt, amends };
          const drive = await run(log, how);
          const { unaccounted } = remainsOf(drive);
          expect(unaccounted).toEqual(Array.from({ length: partitionCount }, () => 0));
          const tallies = drive.judge.mergers[0]?.reports.tallies() ?? [];
          const read = tallies.reduce((sum, { position }) => sum + position.read, 0);
          expect(read).toBe(log.length);
          const dead = tallies.reduce((sum, { position }) => sum + position.deadLettered, 0);
          const letters = drive.world.deadLetters().map(({ key }) => String(key));
          expect(dead).toBe(new Set(letters).size);
        },
      ),
      { wanted: 40, least: 5 },
    );
  });

  it('gives the same windows to all who read it when it is complete', async () => {
    await assertRuns(
      fc.asyncProperty(
        randomLog(LOG),
        fc.constantFrom(1, 3, 12),
        fc.constantFrom(1, 2, 4),
        async (log, partitionCount, joinerCount) => {
          const calm = await run(log, { partitionCount, stirring: BACKLOG });
          const drive = await run(log, { partitionCount, stirring: { ...BACKLOG, joinerCount } });
          expect(remainsOf(drive)).toEqual(remainsOf(calm));
        },
      ),
      { wanted: 20, least: 3 },
    );
  });

  it('gives the same windows to all where its own records tell how late it is', async () => {
    await assertRuns(
      fc.asyncProperty(
        randomLog(LOG).map((log) => log.filter(isUsable)),
        stirring,
        fc.option(fc.nat({ max: 300 })),
        async (log, stirred, crashAt) => {
          // One partition, no record that is nobody's: the clock moves only with records that are joined.
          const calm = await run(log, { partitionCount: 1, stirring: BACKLOG });
          const drive = await run(log, { partitionCount: 1, stirring: stirred, crashAt });
          expect(remainsOf(drive)).toEqual(remainsOf(calm));
        },
      ),
      { wanted: 20, least: 3 },
    );
  });
});

function isUsable({ model, eventTimeMs, arrivalTimeMs }: Prediction): boolean {
  return model === 'fraud' && eventTimeMs < (arrivalTimeMs ?? 0) + 59_000;
}
