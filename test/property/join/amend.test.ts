import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { layoutOf } from '../../../src/core/windows/layout.ts';
import type { WindowPartial } from '../../../src/core/windows/partial.ts';
import { join, mergeByWindow, SETTINGS } from '../../support/joining.ts';
import { randomLog, reading, WILD_PROFILE } from '../../support/random-log.ts';

const AMEND = { ...SETTINGS, late: 'amend' as const };
const TWICE_THE_GRACE = { ...SETTINGS, graceMs: 2 * SETTINGS.graceMs };
const NEVER_IDLE = 1e12;

describe('with late: amend', () => {
  test('the last revisions are the windows of a log that waits for twice the grace, and what changed is amended', async () => {
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
          const changed = new Set(
            amend.settled.flatMap(({ closed, isAmended }) => (isAmended ? [closed.window] : [])),
          );
          const kept = (partials: ReadonlyMap<number, WindowPartial>) =>
            new Map([...partials].filter(([window]) => !changed.has(window)));
          expect(withoutLayout(kept(last))).toEqual(withoutLayout(kept(amend.partials)));
        },
      ),
      { numRuns: 60 },
    );
    expect(amendedCount).toBeGreaterThan(5);
  });

  test('nothing is amended, and rows are those of late: drop, when nothing is late', async () => {
    await fc.assert(
      fc.asyncProperty(
        // No record is further behind than `outOfOrderness`: in a wild log the half of a pair may be.
        randomLog({ requestCountMax: 60, disorderMaxMs: 5_000, wild: false, withArrival: false }),
        reading,
        async (predictions, read) => {
          const options = { predictions, ...read, profile: WILD_PROFILE, futureMaxMs: 60_000 };
          const idleTimeoutMs = NEVER_IDLE;
          const amend = await join({ ...options, settings: { ...AMEND, idleTimeoutMs } });
          const drop = await join({ ...options, settings: { ...SETTINGS, idleTimeoutMs } });
          expect(drop.counters.late).toBe(0);
          expect(withoutLayout(amend.partials)).toEqual(withoutLayout(drop.partials));
        },
      ),
      { numRuns: 40 },
    );
  });
});

/** Partials by window as plain arrays: two layouts of one profile are not the same object. */
function withoutLayout(partials: ReadonlyMap<number, WindowPartial>): unknown {
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
