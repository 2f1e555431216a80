import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disagreement, errorRate, outcome, planOf, scoreShift } from '../../support/plans.ts';
import { CALM, Drive, type Happening, type Stirring } from '../../support/stream/drive.ts';
import { logWithOutcomes } from '../../support/stream/outcome-logs.ts';
import { remainsOf } from '../../support/stream/remains.ts';
import { assertRuns, stirring } from '../../support/stream/stirring.ts';
import { World } from '../../support/stream/world.ts';

const MINUTE_MS = 60_000;
const METRICS = [
  disagreement(),
  errorRate(),
  outcome({ horizonMs: 30 * MINUTE_MS }),
  outcome({
    name: 'click-rate',
    outcome: 'click',
    attribution: 'served',
    loss: null,
    floor: 0.97,
    relativeTo: 'current',
    horizonMs: 30 * MINUTE_MS,
    absent: 'zero',
  }),
  outcome({
    name: 'revenue',
    outcome: 'click',
    attribution: 'served',
    loss: null,
    floor: 0.97,
    relativeTo: 'current',
    of: 'value',
    horizonMs: 20 * MINUTE_MS,
    weight: 0.1,
  }),
  scoreShift({ weight: 0.1 }),
];
const LOG = { requestCountMax: 60, disorderMaxMs: 5_000, wild: false, withArrival: true };

interface How {
  readonly partitionCount: number;
  readonly stirring: Stirring;
  readonly crashAt?: number | null;
  readonly late?: 'drop' | 'amend';
  readonly awaitingCountMax?: number;
}

async function run(log: readonly Happening[], how: How): Promise<Drive> {
  const plain = planOf(METRICS);
  const plan = {
    ...plain,
    window: { ...plain.window, late: how.late ?? 'drop' },
    limits: { ...plain.limits, awaitingCountMax: how.awaitingCountMax ?? 1_000_000 },
  };
  const world = new World({
    plan,
    partitionCount: how.partitionCount,
    startMs: 1_000_000_000_000,
    batchRecordsMax: 7,
    routerLeadMs: Number.NEGATIVE_INFINITY,
  });
  const drive = new Drive(world, how.stirring.joinerCount);
  world.faults.crashesAt.push(how.crashAt ?? -1);
  await drive.feedAll(log, how.stirring);
  await drive.drain();
  return drive;
}

function outcomesOf(drive: Drive) {
  const [merger] = drive.judge.mergers;
  return { ...remainsOf(drive), ledger: JSON.stringify(merger?.closer.ledger) };
}

async function expectUndisturbed(log: readonly Happening[], how: How): Promise<void> {
  const calm = await run(log, { ...how, stirring: CALM, crashAt: null });
  const drive = await run(log, how);
  expect(outcomesOf(drive)).toEqual(outcomesOf(calm));
}

describe('outcomes over Kafka', () => {
  it('are credited once and to the same requests, however partitions move and members end', async () => {
    await assertRuns(
      fc.asyncProperty(
        logWithOutcomes(LOG),
        fc.constantFrom(1, 3, 12),
        stirring,
        fc.option(fc.nat({ max: 300 })),
        fc.constantFrom('drop' as const, 'amend' as const),
        async (log, partitionCount, stirred, crashAt, late) =>
          await expectUndisturbed(log, { partitionCount, stirring: stirred, crashAt, late }),
      ),
      { wanted: 25, least: 4 },
    );
  });

  it('are let go at the limit in the same windows', async () => {
    await assertRuns(
      fc.asyncProperty(
        logWithOutcomes(LOG),
        stirring,
        fc.option(fc.nat({ max: 300 })),
        fc.constantFrom(6, 20, 40),
        async (log, stirred, crashAt, awaitingCountMax) => {
          const how = { partitionCount: 3, stirring: stirred, crashAt, awaitingCountMax };
          await expectUndisturbed(log, how);
        },
      ),
      { wanted: 25, least: 4 },
    );
  });
});
