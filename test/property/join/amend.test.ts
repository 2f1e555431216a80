import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layoutOf } from '../../../src/core/windows/layout.ts';
import { join, mergeByWindow, SETTINGS } from '../../support/joining.ts';
import { randomLog, reading, WILD_PROFILE } from '../../support/random-log.ts';

const AMEND = { ...SETTINGS, late: 'amend' as const };
const TWICE_THE_GRACE = { ...SETTINGS, graceMs: 2 * SETTINGS.graceMs };
const NEVER_IDLE = 1e12;

describe('with late: amend', () => {
  test('the last revisions are the windows of a log that waits for twice the grace', async () => {
    // Logs without a late record would prove nothing.
    let amendedCount = 0;
    await fc.assert(
      fc.asyncProperty(
        randomLog({ requestCountMax: 60, disorderMaxMs: 60_000, wild: true, withArrival: false }),
        reading,
        async (predictions, read) => {
          const options = { predictions, ...read, profile: WILD_PROFILE, futureMaxMs: 60_000 };
          const amend = await join({ ...options, settings: AMEND });
          const patient = await join({ ...options, settings: TWICE_THE_GRACE });
          const settled = amend.settled.map(({ closed }) => closed);
          amendedCount += amend.settled.filter(({ isAmended }) => isAmended).length;
          expect(amend.counters).toEqual(patient.counters);
          const last = mergeByWindow(settled, layoutOf(WILD_PROFILE));
          expect(withoutLayout(last)).toEqual(withoutLayout(patient.partials));
        },
      ),
      { numRuns: 60 },
    );
    expect(amendedCount).toBeGreaterThan(5);
  });

  test('nothing is amended, and rows are those of late: drop, when nothing is late', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomLog({ requestCountMax: 60, disorderMaxMs: 5_000, wild: true, withArrival: false }),
        reading,
        async (predictions, read) => {
          const options = { predictions, ...read, profile: WILD_PROFILE, futureMaxMs: 60_000 };
          const idleTimeoutMs = NEVER_IDLE;
          const amend = await join({ ...options, settings: { ...AMEND, idleTimeoutMs } });
          const drop = await join({ ...options, settings: { ...SETTINGS, idleTimeoutMs } });
          if (drop.counters.late > 0) return;
          expect(withoutLayout(amend.partials)).toEqual(withoutLayout(drop.partials));
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** Partials by window as plain arrays: two layouts of one profile are not the same object. */
function withoutLayout(partials: Awaited<ReturnType<typeof join>>['partials']): unknown {
  return [...partials]
    .sort(([left], [right]) => left - right)
    .map(([window, { counts, sumHigh, sumLow, sampling }]) => [
      window,
      [...counts],
      [...sumHigh],
      [...sumLow],
      [...sampling],
    ]);
}
