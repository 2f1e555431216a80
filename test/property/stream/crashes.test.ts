import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/core/events/plan.ts';
import { defined } from '../../../src/core/foundation/assert.ts';
import { OWN_TOPICS } from '../../../src/pipeline/stream/messages.ts';
import { errorRate, outcome, planOf, stepOf } from '../../support/plans.ts';
import { CALM, Drive, type Happening, type Stirring } from '../../support/stream/drive.ts';
import { type Remains, remainsOf, routingSequences } from '../../support/stream/remains.ts';
import { steadyLog } from '../../support/stream/steady-log.ts';
import { World } from '../../support/stream/world.ts';

const MINUTE_MS = 60_000;
/** Stages of a minute that few predictions pass: traffic moves within the log. */
const STEP = { bakeMs: MINUTE_MS, minSampleCount: 1, minPairCount: 1 };
const PLAN = planOf(
  [errorRate({ tolerance: { ratio: 9, difference: 0.5 } }), outcome({ horizonMs: 10 * MINUTE_MS })],
  {
    steps: [stepOf(0, STEP), stepOf(0.05, STEP), stepOf(1, STEP)],
    reference: { file: null, minSampleCount: 20, minSpanMs: 0 },
  },
);

/** Always the same log: a crash at a boundary is to be a crash at the same place tomorrow. */
const LOG = steadyLog({
  startMs: 1_000_000_000_000,
  requestCount: 60,
  gapMs: 8_000,
  outcomeEvery: 3,
});

interface Crashing {
  readonly crashesAt: readonly number[];
  readonly joinerCount?: number;
}

async function run(log: readonly Happening[], plan: Plan, how: Crashing): Promise<Drive> {
  const world = new World({
    plan,
    partitionCount: 2,
    startMs: 1_000_000_000_000,
    batchRecordsMax: 25,
    routerLeadMs: Number.NEGATIVE_INFINITY,
  });
  const stirring: Stirring = { ...CALM, burst: 5 };
  const drive = new Drive(world, how.joinerCount ?? 1);
  world.faults.crashesAt.push(...how.crashesAt);
  await drive.feedAll(log, stirring);
  await drive.drain(12);
  return drive;
}

function expectEqual(drive: Drive, calm: Remains): void {
  const remains = remainsOf(drive);
  const rolloutId = defined(drive.world.rolloutIds[0], 'a rollout');
  expect(remains, drive.crashes.join()).toEqual(calm);
  const sequences = routingSequences(drive, rolloutId);
  expect(sequences).toEqual(sequences.toSorted((left, right) => left - right));
}

describe('a crash', () => {
  it('at any boundary of any effect changes nothing that is left behind', async () => {
    const undisturbed = await run(LOG, PLAN, { crashesAt: [] });
    const calm = remainsOf(undisturbed);
    const { boundaries } = undisturbed.world.faults;
    const told = undisturbed.world.broker.records(OWN_TOPICS.routing, 0).length;
    expect([boundaries > 100, told > 1, calm.profileHash !== null]).toEqual([true, true, true]);
    for (let at = 1; at <= boundaries; at++) {
      const drive = await run(LOG, PLAN, { crashesAt: [at] });
      expect(drive.crashes.length, `a crash at ${at}`).toBe(1);
      expectEqual(drive, calm);
    }
  });

  it('followed by another changes nothing either', async () => {
    const undisturbed = await run(LOG, PLAN, { crashesAt: [] });
    const calm = remainsOf(undisturbed);
    const { boundaries } = undisturbed.world.faults;
    const pair = fc.tuple(fc.integer({ min: 1, max: boundaries }), fc.integer({ min: 1, max: 12 }));
    await fc.assert(
      fc.asyncProperty(pair, fc.constantFrom(1, 2), async ([at, after], joinerCount) => {
        const crashesAt = [at, at + after, at + 2 * after];
        expectEqual(await run(LOG, PLAN, { crashesAt, joinerCount }), calm);
      }),
      { numRuns: 40, interruptAfterTimeLimit: 8_000 },
    );
  });
});
