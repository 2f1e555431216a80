import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DecisionRule } from '../../../src/core/events/plan.ts';
import type { ReferenceProfile } from '../../../src/core/events/profile.ts';
import type { Due } from '../../../src/core/join/sink.ts';
import { sumCounters } from '../../../src/core/join/sink.ts';
import { join, joinPlainly, windowsOf } from '../../support/joining.ts';
import { randomLog, reading, WILD_PROFILE } from '../../support/random-log.ts';

const DECISIONS = fc.constantFrom<DecisionRule>(
  { threshold: 0.5, tolerance: null, ranking: null },
  { threshold: null, tolerance: 0.25, ranking: null },
  { threshold: null, tolerance: null, ranking: null },
  { threshold: null, tolerance: null, ranking: { itemCount: 5, overlapMin: 0.6 } },
  { threshold: null, tolerance: null, ranking: { itemCount: 1, overlapMin: 1 } },
);

/** The profile of a model whose scores reach millions. */
const SCALED_DOWN: ReferenceProfile = {
  ...WILD_PROFILE,
  fields: WILD_PROFILE.fields.map((cells) =>
    cells.field.name === 'score' && 'edges' in cells ? { ...cells, scaleBits: -3 } : cells,
  ),
};

/** In half of the requests that the current model serves the canary was not asked. */
const due = (requestId: string, served: boolean): Due => {
  if (!served || /[0246]$/.test(requestId)) return true;
  return /[89]$/.test(requestId) ? 'in_shadow' : false;
};

describe('the fast join and fold give what the plain ones give, bit for bit', () => {
  test.each([
    { what: 'in the cells of a profile', profile: WILD_PROFILE, withArrival: false },
    { what: 'with scores scaled down', profile: SCALED_DOWN, withArrival: false },
    { what: 'while cells are learned', profile: null, withArrival: false },
    { what: 'on the clock of arrivals', profile: WILD_PROFILE, withArrival: true },
  ])('$what', async ({ profile, withArrival }) => {
    await fc.assert(
      fc.asyncProperty(
        randomLog({ requestCountMax: 60, disorderMaxMs: 5_000, wild: true, withArrival }),
        reading,
        DECISIONS,
        async (predictions, read, decision) => {
          const options = { predictions, ...read, decision, profile, due, futureMaxMs: 60_000 };
          const fast = await join(options);
          const plain = await joinPlainly(options);
          expect(fast.counters).toEqual(plain.counters);
          expect(windowsOf(fast.partials)).toEqual(windowsOf(plain.partials));
        },
      ),
      { numRuns: 80 },
    );
  });
});

test('the random logs hold every kind of record', async () => {
  const options = { requestCountMax: 60, disorderMaxMs: 5_000, wild: true, withArrival: true };
  const logs = fc.sample(randomLog(options), { numRuns: 40, seed: 1 });
  const counters = await Promise.all(
    logs.map(
      async (predictions) => (await join({ predictions, due, futureMaxMs: 60_000 })).counters,
    ),
  );
  const rare = Object.entries(sumCounters(counters)).filter(([, count]) => count < 10);
  expect(rare).toEqual([]);
});
