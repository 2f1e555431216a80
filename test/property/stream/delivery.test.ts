import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import type { PartitionSource, SourceEvent } from '../../../src/pipeline/stream/ports.ts';
import { disagreement, errorRate, missing, planOf } from '../../support/plans.ts';
import { randomLog } from '../../support/random-log.ts';
import { CALM, Drive, type Stirring } from '../../support/stream/drive.ts';
import { remainsOf } from '../../support/stream/remains.ts';
import { assertRuns, stirring } from '../../support/stream/stirring.ts';
import { World } from '../../support/stream/world.ts';

const plan = planOf([disagreement(), errorRate(), missing()]);
const LOG = { requestCountMax: 60, disorderMaxMs: 5_000, wild: false, withArrival: true };

interface How {
  readonly stirring: Stirring;
  readonly batchRecordsMax?: number;
  readonly isShared?: boolean;
  readonly wrapSource?: (source: PartitionSource) => PartitionSource;
  readonly gaps?: boolean;
  readonly crashAt?: number | null;
  readonly rolloutIds?: readonly string[];
}

async function run(log: readonly Prediction[], how: How): Promise<Drive> {
  const world = new World({
    plan,
    partitionCount: 3,
    startMs: 1_000_000_000_000,
    batchRecordsMax: how.batchRecordsMax ?? 7,
    routerLeadMs: Number.NEGATIVE_INFINITY,
    isShared: how.isShared ?? false,
    rolloutIds: how.rolloutIds ?? ['fraud-v7.1'],
    planOf: (rolloutId) =>
      rolloutId.startsWith('other') ? { ...plan, name: 'other', model: 'other' } : plan,
    ...(how.wrapSource === undefined ? {} : { wrapSource: how.wrapSource }),
    ...(how.gaps === true ? { gapAfter: (offset) => offset % 3 === 1 } : {}),
  });
  world.faults.crashesAt.push(how.crashAt ?? -1);
  const drive = new Drive(world, how.stirring.joinerCount);
  await drive.feed(log, how.stirring);
  await drive.drain();
  return drive;
}

/** Hands every batch out twice, as a broker does after an offset commit that was lost. */
function twice(source: PartitionSource): PartitionSource {
  let again: SourceEvent | null = null;
  return {
    poll: async (waitMs) => {
      const event = again ?? (await source.poll(waitMs));
      again = again === null && event?.kind === 'batch' ? event : null;
      return event;
    },
    resume: async (from) => await source.resume(from),
    setPaused: (partitions, isPaused) => source.setPaused(partitions, isPaused),
    ends: async (partitions) => await source.ends(partitions),
    close: async () => await source.close(),
  };
}

const log = randomLog(LOG);
const crash = fc.option(fc.nat({ max: 200 }));

async function expectCalm(records: readonly Prediction[], how: How): Promise<void> {
  const calm = await run(records, { stirring: CALM, isShared: how.isShared ?? false });
  expect(remainsOf(await run(records, how))).toEqual(remainsOf(calm));
}

describe('whatever a broker does with its batches', () => {
  it('one that is handed out twice counts once', async () => {
    await assertRuns(
      fc.asyncProperty(log, stirring, crash, async (records, stirred, crashAt) => {
        await expectCalm(records, { stirring: stirred, crashAt, wrapSource: twice });
      }),
      { wanted: 20, least: 3 },
    );
  });

  it('their size does not matter', async () => {
    await assertRuns(
      fc.asyncProperty(
        log,
        stirring,
        fc.constantFrom(1, 2, 500),
        async (records, stirred, batchRecordsMax) => {
          await expectCalm(records, { stirring: stirred, batchRecordsMax });
        },
      ),
      { wanted: 20, least: 3 },
    );
  });

  it('offsets that no record has do not matter', async () => {
    await assertRuns(
      fc.asyncProperty(log, stirring, crash, async (records, stirred, crashAt) => {
        await expectCalm(records, { stirring: stirred, crashAt, gaps: true });
      }),
      { wanted: 20, least: 3 },
    );
  });
});

describe('one topic for both arms', () => {
  it('is read in its own order, and gives the same to all', async () => {
    await assertRuns(
      fc.asyncProperty(log, stirring, crash, async (records, stirred, crashAt) => {
        await expectCalm(records, { stirring: stirred, crashAt, isShared: true });
        const apart = remainsOf(await run(records, { stirring: CALM }));
        const shared = remainsOf(await run(records, { stirring: CALM, isShared: true }));
        expect(shared.windows).toEqual(apart.windows);
      }),
      { wanted: 20, least: 3 },
    );
  });
});

describe('topics of several rollouts', () => {
  it('give each rollout what it has of its own, and count the rest as ignored', async () => {
    const rolloutIds = ['fraud-v7.1', 'other-v7.1'];
    await assertRuns(
      fc.asyncProperty(log, stirring, crash, async (records, stirred, crashAt) => {
        const both = records.map((one, i) => (i % 3 === 0 ? { ...one, model: 'other' } : one));
        const calm = await run(both, { stirring: CALM, rolloutIds });
        const drive = await run(both, { stirring: stirred, crashAt, rolloutIds });
        for (const id of rolloutIds) expect(remainsOf(drive, id)).toEqual(remainsOf(calm, id));
        const [first, second] = rolloutIds.map((id) => remainsOf(drive, id).unaccounted);
        expect([first, second]).toEqual([
          [0, 0, 0],
          [0, 0, 0],
        ]);
      }),
      { wanted: 20, least: 3 },
    );
  });
});
