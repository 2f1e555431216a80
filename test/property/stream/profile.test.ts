import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWindowPartial } from '../../../src/adapters/avro/codec.ts';
import type { FieldValue, Prediction } from '../../../src/core/events/prediction.ts';
import type { ReferenceProfile } from '../../../src/core/events/profile.ts';
import { defined } from '../../../src/core/foundation/assert.ts';
import { layoutOf } from '../../../src/core/windows/layout.ts';
import { settleDue } from '../../../src/core/windows/settle-due.ts';
import { fromSparse, toSparse } from '../../../src/core/windows/sparse.ts';
import { disagreement, divergence, errorRate, missing, planOf } from '../../support/plans.ts';
import { randomLog } from '../../support/random-log.ts';
import { CALM, Drive, type Stirring } from '../../support/stream/drive.ts';
import { joinInBatch } from '../../support/stream/oracle.ts';
import { remainsOf } from '../../support/stream/remains.ts';
import { assertRuns, stirring } from '../../support/stream/stirring.ts';
import { World } from '../../support/stream/world.ts';

const plan = planOf([disagreement(), errorRate(), missing(), divergence()], {
  reference: { file: null, minSampleCount: 40, minSpanMs: 0 },
});
const [ROLLOUT, START_MS] = ['fraud-v7.1', 1_000_000_000_000];
const LOG = { requestCountMax: 220, disorderMaxMs: 5_000, wild: false, withArrival: true };

interface How {
  readonly partitionCount: number;
  readonly stirring: Stirring;
  readonly crashAt?: number | null;
  readonly given?: ReferenceProfile;
}

async function run(log: readonly Prediction[], how: How): Promise<Drive> {
  const { partitionCount } = how;
  const world = new World({
    plan,
    partitionCount,
    startMs: START_MS,
    batchRecordsMax: 7,
    routerLeadMs: Number.NEGATIVE_INFINITY,
  });
  if (how.given !== undefined) await world.giveProfile(ROLLOUT, how.given);
  const drive = new Drive(world, how.stirring.joinerCount);
  world.faults.crashesAt.push(how.crashAt ?? -1);
  await drive.feed(log, how.stirring);
  await drive.drain();
  return drive;
}

/** Every window with a record as the plain join and the plain fold have it, in the cells in force. */
function expectPlainFold(drive: Drive, log: readonly Prediction[], partitionCount: number): void {
  const reference = defined(drive.judge.mergers[0], 'a merger').reference;
  const cells = reference.profile === null ? layoutOf(null) : layoutOf(reference.profile.profile);
  const layoutOfWindow = (window: number) =>
    window >= reference.firstWindow ? cells : layoutOf(null);
  const { windows } = joinInBatch(log, plan, partitionCount, layoutOfWindow);
  const expected = [...windows].flatMap(([number, partial]) => {
    settleDue(partial, true);
    const sparse = toSparse(partial);
    return sparse.countIndex.length === 0 ? [] : [[number, sparse]];
  });
  const stored = drive.world.stored(ROLLOUT)?.windows.values() ?? [];
  const found = [...stored].map(({ summary, partial }) => {
    const window = summary.windowStartMs / plan.window.lengthMs;
    return [window, toSparse(fromSparse(decodeWindowPartial(partial), layoutOfWindow(window)))];
  });
  expect(new Map(found as never)).toEqual(new Map(expected as never));
}

/** JSON has no NaN and no infinities: a log as it arrives. */
const jsonLog = (options: typeof LOG): fc.Arbitrary<readonly Prediction[]> =>
  randomLog(options).map((log) => log.map(asJson));

function asJson(prediction: Prediction): Prediction {
  const { score, features } = prediction;
  const finite = (value: FieldValue): FieldValue =>
    typeof value === 'number' && !Number.isFinite(value) ? null : value;
  return {
    ...prediction,
    score: score !== null && Number.isFinite(score) ? score : null,
    features: Object.fromEntries(
      Object.entries(features).map(([name, value]) => [name, finite(value)]),
    ),
  };
}

/** What was learned from some log. */
async function someProfile(): Promise<ReferenceProfile> {
  const log = fc.sample(jsonLog(LOG), { seed: 4, numRuns: 8 }).find(({ length }) => length > 200);
  const drive = await run(log ?? [], { partitionCount: 1, stirring: CALM });
  const { profile } = defined(drive.judge.mergers[0], 'a merger').reference;
  return defined(profile, 'a profile').profile;
}

describe('a profile that is learned in the middle', () => {
  it('is the same, as is all that follows from it, however members move, fall behind and end', async () => {
    let learnedCount = 0;
    await assertRuns(
      fc.asyncProperty(
        jsonLog(LOG),
        fc.constantFrom(1, 3, 12),
        stirring,
        fc.option(fc.nat({ max: 400 })),
        async (log, partitionCount, stirred, crashAt) => {
          const calm = await run(log, { partitionCount, stirring: CALM });
          const drive = await run(log, { partitionCount, stirring: stirred, crashAt });
          const remains = remainsOf(drive);
          if (remains.profileHash !== null) learnedCount += 1;
          expect(remains).toEqual(remainsOf(calm));
          expect(new Set(remains.unaccounted)).toEqual(new Set([0]));
          expectPlainFold(drive, log, partitionCount);
        },
      ),
      { wanted: 20, least: 3 },
    );
    expect(learnedCount).toBeGreaterThan(0);
  });
});

describe('a profile that is given with the plan', () => {
  it('counts from the first window on', async () => {
    const given = await someProfile();
    await assertRuns(
      fc.asyncProperty(
        jsonLog({ ...LOG, requestCountMax: 60 }),
        fc.constantFrom(1, 3, 12),
        stirring,
        fc.option(fc.nat({ max: 200 })),
        async (log, partitionCount, stirred, crashAt) => {
          const calm = await run(log, { partitionCount, stirring: CALM, given });
          const how = { partitionCount, stirring: stirred, crashAt, given };
          const drive = await run(log, how);
          expect(remainsOf(drive)).toEqual(remainsOf(calm));
          expect(remainsOf(drive).profileHash).toBe('given');
          expectPlainFold(drive, log, partitionCount);
        },
      ),
      { wanted: 20, least: 3 },
    );
  });
});
