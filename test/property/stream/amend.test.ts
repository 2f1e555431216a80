import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import { disagreement, errorRate, missing, planOf } from '../../support/plans.ts';
import { randomLog } from '../../support/random-log.ts';
import { CALM, Drive, type Stirring } from '../../support/stream/drive.ts';
import { remainsOf } from '../../support/stream/remains.ts';
import { assertRuns, stirring } from '../../support/stream/stirring.ts';
import { World } from '../../support/stream/world.ts';

const plain = planOf([disagreement(), errorRate(), missing()]);
const plan = { ...plain, window: { ...plain.window, late: 'amend' as const } };
// Later than the watermark allows, and in time for an amendment: each window has some.
const LOG = { requestCountMax: 60, disorderMaxMs: 50_000, wild: false, withArrival: true };

interface How {
  readonly stirring: Stirring;
  readonly crashAt?: number | null;
}

async function run(log: readonly Prediction[], how: How): Promise<Drive> {
  const world = new World({
    plan,
    partitionCount: 1,
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

/** Of one model and never ahead of its time: in one partition its records alone say how late each is. */
const logOfOne = randomLog(LOG).map((log) => log.filter(({ model }) => model === 'fraud'));

describe('windows that late records amend', () => {
  it('are amended alike, however partitions move and members end', async () => {
    let amendedCount = 0;
    await assertRuns(
      fc.asyncProperty(
        logOfOne,
        stirring,
        fc.option(fc.nat({ max: 300 })),
        async (log, stirred, crashAt) => {
          const calm = remainsOf(await run(log, { stirring: CALM }));
          const drive = await run(log, { stirring: stirred, crashAt });
          const remains = remainsOf(drive);
          amendedCount += Object.keys(remains.windows).filter((id) => id.endsWith('/1')).length;
          expect(remains).toEqual(calm);
          expect(new Set(remains.unaccounted)).toEqual(new Set([0]));
        },
      ),
      { wanted: 25, least: 4 },
    );
    expect(amendedCount).toBeGreaterThan(0);
  });
});
