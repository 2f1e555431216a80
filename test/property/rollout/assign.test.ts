import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RoutingTable } from '../../../src/core/events/routing.ts';
import { assign } from '../../../src/core/rollout/assign.ts';
import { withEnd, withShare } from '../../../src/core/rollout/routing-table.ts';
import { tableOf } from '../../support/rollout.ts';

const units = fc.string({ unit: 'grapheme', maxLength: 30 });
const salts = fc.string({ unit: 'grapheme', maxLength: 20 });
const shares = fc.double({ min: 0, max: 1, noNaN: true });
const times = fc.integer({ min: 0, max: 10_000 });

/** A ramp: shares that only grow, at event times that only grow. */
const ramps = fc
  .record({
    salt: salts,
    grown: fc.array(fc.double({ min: 0.0001, max: 1, noNaN: true }), { maxLength: 6 }),
    fromMs: fc.array(times, { minLength: 6, maxLength: 6 }),
  })
  .map(({ salt, grown, fromMs }) => {
    const moments = fromMs.toSorted((a, b) => a - b);
    return grown
      .toSorted((a, b) => a - b)
      .reduce<RoutingTable>(
        (table, share, i) => withShare(table, { fromMs: moments[i] ?? 0, share }),
        tableOf({ salt, boundary: 'session' }),
      );
  });

describe('assignment', () => {
  test('a growing share moves units one way only, from current to canary', () => {
    fc.assert(
      fc.property(salts, units, fc.array(shares, { maxLength: 12 }), (salt, unitId, all) => {
        const arms = all
          .toSorted((a, b) => a - b)
          .map(
            (share) =>
              assign(tableOf({ salt, shares: [{ fromMs: 0, share }] }), { unitId, atMs: 0 }).arm,
          );
        const canaryCount = arms.filter((arm) => arm === 'canary').length;
        expect(arms.slice(arms.length - canaryCount)).not.toContain('current');
      }),
    );
  });

  test('a session never changes its version during a ramp', () => {
    fc.assert(
      fc.property(
        ramps,
        units,
        times,
        fc.array(times, { minLength: 2 }),
        (...[table, unitId, sessionStartMs, later]) => {
          // While the share is 0 there is no ramp yet: a session from before it stays with current.
          const arms = later.map(
            (ms) => assign(table, { unitId, atMs: sessionStartMs + ms, sessionStartMs }).arm,
          );
          expect(new Set(arms).size).toBe(1);
        },
      ),
    );
  });

  test('after a rollback every unit is served by the current version, whenever its session began', () => {
    fc.assert(
      fc.property(ramps, units, times, (table, unitId, sessionStartMs) => {
        const back = withEnd(table, { fromMs: 20_000, share: 0 });
        expect(assign(back, { unitId, atMs: 20_000, sessionStartMs }).arm).toBe('current');
      }),
    );
  });

  test('buckets are in range, and the arm follows from bucket and share alone', () => {
    fc.assert(
      fc.property(ramps, units, times, (table, unitId, atMs) => {
        const { bucket, share, arm } = assign(table, { unitId, atMs });
        expect(Number.isInteger(bucket) && bucket >= 0 && bucket < table.total).toBe(true);
        expect(arm).toBe(bucket < Math.round(share * table.total) ? 'canary' : 'current');
      }),
    );
  });

  test('the share of units in the canary is about the share asked for, whatever the salt', () => {
    const unitCount = 2000;
    fc.assert(
      fc.property(salts, shares, (salt, share) => {
        const table = tableOf({ salt, shares: [{ fromMs: 0, share }] });
        const canaryCount = Array.from({ length: unitCount }, (_, i) =>
          assign(table, { unitId: `user-${i}`, atMs: 0 }),
        ).filter(({ arm }) => arm === 'canary').length;
        // Six standard deviations of a binomial, and one bucket for rounding.
        const slack =
          6 * Math.sqrt((share * (1 - share)) / unitCount) + 1 / table.total + 1 / unitCount;
        expect(Math.abs(canaryCount / unitCount - share)).toBeLessThanOrEqual(slack);
      }),
      { numRuns: 50 },
    );
  });
});
