import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWindowPartial } from '../../../src/adapters/avro/codec.ts';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import { layoutOf } from '../../../src/core/windows/layout.ts';
import { settleDue } from '../../../src/core/windows/settle-due.ts';
import { fromSparse } from '../../../src/core/windows/sparse.ts';
import { unaccountedIn } from '../../../src/pipeline/stream/partition-reports.ts';
import { disagreement, errorRate, missing, planOf } from '../../support/plans.ts';
import { randomLog } from '../../support/random-log.ts';
import { CALM, Drive, type Stirring } from '../../support/stream/drive.ts';
import { countsOf, joinInBatch } from '../../support/stream/oracle.ts';
import { World } from '../../support/stream/world.ts';

const plan = planOf([disagreement(), errorRate(), missing()]);

async function run(
  log: readonly Prediction[],
  options: {
    readonly partitionCount: number;
    readonly stirring: Stirring;
    readonly crashAt?: number;
  },
): Promise<Drive> {
  const { partitionCount, stirring } = options;
  const world = new World({ plan, partitionCount, startMs: 1_000_000_000_000, batchRecordsMax: 7 });
  const drive = new Drive(world, stirring.joinerCount);
  world.faults.crashesAt.push(options.crashAt ?? -1);
  await drive.feed(log, stirring);
  await drive.drain();
  return drive;
}

/** The counts of every stored window, by its number. */
function storedCounts(drive: Drive): [number, Record<string, number>][] {
  const [rolloutId = ''] = drive.world.rolloutIds;
  const windows = [...(drive.world.stores.get(rolloutId)?.windows.values() ?? [])];
  return windows
    .map(({ summary, partial }): [number, Record<string, number>] => [
      summary.windowStartMs / plan.window.lengthMs,
      countsOf(fromSparse(decodeWindowPartial(partial), layoutOf(null))),
    ])
    .sort(([left], [right]) => left - right);
}

function batchCounts(log: readonly Prediction[], partitionCount: number) {
  const { windows } = joinInBatch(log, plan, partitionCount);
  return [...windows]
    .map(([number, partial]): [number, Record<string, number>] => {
      settleDue(partial, true);
      return [number, countsOf(partial)];
    })
    .filter(([, counts]) => Object.keys(counts).length > 0)
    .sort(([left], [right]) => left - right);
}

const LOG = { requestCountMax: 60, disorderMaxMs: 5_000, wild: false, withArrival: true };
const stirring = fc.record({
  joinerCount: fc.integer({ min: 1, max: 4 }),
  burst: fc.constantFrom(1, 3, 20),
  moves: fc.array(fc.nat({ max: 63 }), { minLength: 1, maxLength: 40 }),
});

describe('the service over a broker in memory', () => {
  it('stores the windows of a batch join', async () => {
    await fc.assert(
      fc.asyncProperty(randomLog(LOG), fc.constantFrom(1, 3, 12), async (log, partitionCount) => {
        const drive = await run(log, { partitionCount, stirring: CALM });
        expect(storedCounts(drive)).toEqual(batchCounts(log, partitionCount));
        for (const merger of drive.judge.mergers)
          for (const tally of merger.reports.tallies()) expect(unaccountedIn(tally, 0)).toBe(0);
      }),
      { numRuns: 40, interruptAfterTimeLimit: 20_000 },
    );
  });

  it('stores the same however its members move, end and are replaced', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomLog(LOG),
        fc.constantFrom(1, 3, 12),
        stirring,
        async (log, partitionCount, stirred) => {
          const drive = await run(log, { partitionCount, stirring: stirred });
          expect(storedCounts(drive)).toEqual(batchCounts(log, partitionCount));
          for (const merger of drive.judge.mergers)
            for (const tally of merger.reports.tallies()) expect(unaccountedIn(tally, 0)).toBe(0);
        },
      ),
      { numRuns: 60, interruptAfterTimeLimit: 20_000 },
    );
  });

  it('stores the same when a member ends at any boundary of an effect', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomLog(LOG),
        stirring,
        fc.nat({ max: 200 }),
        async (log, stirred, crashAt) => {
          const drive = await run(log, { partitionCount: 3, stirring: stirred, crashAt });
          expect(storedCounts(drive)).toEqual(batchCounts(log, 3));
          const bodies = new Map<string, string>();
          for (const { verdict, body } of drive.world.published()) {
            expect(bodies.get(verdict.id) ?? body).toBe(body);
            bodies.set(verdict.id, body);
          }
        },
      ),
      { numRuns: 60, interruptAfterTimeLimit: 20_000 },
    );
  });
});
