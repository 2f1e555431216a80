import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorRate, outcome, planOf, stepOf } from '../../support/plans.ts';
import { CALM, Drive, type Stirring } from '../../support/stream/drive.ts';
import { remainsOf } from '../../support/stream/remains.ts';
import { steadyLog } from '../../support/stream/steady-log.ts';
import { assertRuns } from '../../support/stream/stirring.ts';
import { World } from '../../support/stream/world.ts';

const MINUTE_MS = 60_000;
const STEP = { bakeMs: MINUTE_MS, minSampleCount: 1, minPairCount: 1 };
const PLAN = planOf(
  [errorRate({ tolerance: { ratio: 9, difference: 0.5 } }), outcome({ horizonMs: 10 * MINUTE_MS })],
  {
    steps: [stepOf(0, STEP), stepOf(0.05, STEP), stepOf(1, STEP)],
    reference: { file: null, minSampleCount: 20, minSpanMs: 0 },
  },
);
const LOG = steadyLog({
  startMs: 1_000_000_000_000,
  requestCount: 90,
  gapMs: 6_000,
  outcomeEvery: 3,
});

async function run(stirring: Stirring, pauses: readonly number[]): Promise<Drive> {
  const world = new World({
    plan: PLAN,
    partitionCount: 3,
    startMs: 1_000_000_000_000,
    batchRecordsMax: 11,
    routerLeadMs: Number.NEGATIVE_INFINITY,
  });
  world.faults.pausesAt.push(...pauses);
  const drive = new Drive(world, stirring.joinerCount);
  await drive.feedAll(LOG, stirring);
  await drive.drain(60);
  return drive;
}

describe('a member that was stopped, replaced, and goes on as if nothing had happened', () => {
  it('loses nothing, doubles nothing, and says nothing twice that differs', async () => {
    const calm = await run(CALM, []);
    const left = remainsOf(calm);
    const { boundaries } = calm.world.faults;
    let [ghostCount, fencedCount] = [0, 0];
    await assertRuns(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: boundaries }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(1, 2),
        fc.constantFrom(3, 10),
        async (pauses, joinerCount, burst) => {
          const drive = await run({ ...CALM, joinerCount, burst }, pauses);
          ghostCount += drive.ghostCount;
          fencedCount += drive.world.telemetry
            .series('fenced_total')
            .reduce((sum, { value }) => sum + value, 0);
          const { notified, ...rest } = remainsOf(drive);
          const { notified: expected, ...others } = left;
          expect(rest, drive.world.faults.names.join()).toEqual(others);
          expect(notified).toEqual(expect.arrayContaining([...expected]));
        },
      ),
      { wanted: 60, least: 5 },
    );
    expect(ghostCount).toBeGreaterThan(4);
    // Older epochs are only heard of where a judge was stopped in the middle of a verdict.
    const isLong = process.env['COALMINE_TEST_SECONDS'] !== undefined;
    expect(fencedCount).toBeGreaterThanOrEqual(isLong ? 1 : 0);
  });
});
