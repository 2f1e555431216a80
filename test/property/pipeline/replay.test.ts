import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/core/events/plan.ts';
import type { Outcome, Prediction } from '../../../src/core/events/prediction.ts';
import { countOffset } from '../../../src/core/windows/layout.ts';
import type { WindowCounts, WindowSummary } from '../../../src/core/windows/summary.ts';
import { joinPlainly } from '../../support/joining.ts';
import {
  disagreement,
  errorRate,
  latency,
  missing,
  outcome,
  planOf,
  stepOf,
} from '../../support/plans.ts';
import { outcomeOf } from '../../support/predictions.ts';
import { randomLog } from '../../support/random-log.ts';
import { AT_ONCE, World, type WorldLog } from '../../support/replaying.ts';

const MINUTE_MS = 60_000;

/** A plan under which `max` of the pairs may disagree: nearly all (it goes on), or few (it is rolled back). */
const planUnder = (max: number): Plan =>
  planOf(
    [
      errorRate({ weight: 0.15, gates: 'none' }),
      latency({ weight: 0.15, gates: 'none' }),
      outcome({
        weight: 0.1,
        gates: 'none',
        loss: 'squared',
        horizonMs: 4 * MINUTE_MS,
        absent: 'zero',
      }),
      outcome({
        name: 'click-rate',
        outcome: 'click',
        attribution: 'served',
        loss: null,
        floor: 0.5,
        relativeTo: 'current',
        weight: 0.1,
        horizonMs: 3 * MINUTE_MS,
      }),
      disagreement({ gates: 'none', weight: 0.4, critical: true, max }),
      missing({ weight: 0.05, gates: 'none', max: 0.9, rollbackAbove: null }),
    ],
    {
      falseRollbackRate: 0.5,
      reference: { file: null, minSampleCount: 8, minSpanMs: MINUTE_MS },
      steps: [0, 0.3, 1].map((share) =>
        stepOf(share, { bakeMs: MINUTE_MS, minSampleCount: 1, minPairCount: 1 }),
      ),
      keepPairs: { mode: 'sampled', share: 0.5, perWindowMax: 3, retentionMs: 20 * MINUTE_MS },
    },
  );

const PLAN = planUnder(0.95);
const AMENDING: Plan = { ...PLAN, window: { ...PLAN.window, late: 'amend' } };

/** Outcomes of some requests, minutes later; some twice, some of requests that nobody knows. */
function outcomesOf(predictions: readonly Prediction[]): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  for (const [i, { requestId, rowIndex, eventTimeMs }] of predictions.entries()) {
    const hash = (i * 2_654_435_761) % 97;
    const add = (delayMs: number, given: Partial<Outcome> = {}): void => {
      outcomes.push(outcomeOf(requestId, eventTimeMs + delayMs, { rowIndex, ...given }));
    };
    if (hash < 60) add(hash * 5_000, { value: hash % 2 });
    if (hash > 40) add(hash * 3_000, { metric: 'click', value: hash % 3 });
    if (hash % 11 === 0) add(-70_000, { requestId: hash % 2 === 0 ? `none-${i}` : requestId });
    if (hash % 7 === 0) add(70_000, { value: 1 });
  }
  return outcomes.toSorted((left, right) => left.eventTimeMs - right.eventTimeMs);
}

function logsOf(options: { readonly wild: boolean; readonly withArrival: boolean }) {
  return fc
    .tuple(
      randomLog({ requestCountMax: 80, disorderMaxMs: 5_000, ...options }),
      fc.constantFrom(PLAN, planUnder(0.01), AMENDING),
    )
    .map(
      ([predictions, plan]): WorldLog => ({ plan, predictions, outcomes: outcomesOf(predictions) }),
    );
}

const TAME = logsOf({ wild: false, withArrival: false });
const ANY = fc.oneof(
  TAME,
  logsOf({ wild: true, withArrival: false }),
  logsOf({ wild: true, withArrival: true }),
);

const how = fc.record({
  frameSize: fc.constantFrom(1, 3, 8, 25, 10_000),
  windowsPerCommit: fc.constantFrom(1, 1, 3),
});

const COUNTS = [
  'matched',
  'unmatchedCurrent',
  'unmatchedCanary',
  'duplicate',
  'conflict',
] as const satisfies readonly (keyof WindowCounts)[];

function countsOf(summary: string): number[] {
  const { windowStartMs, counts } = JSON.parse(summary) as WindowSummary;
  return [windowStartMs, ...COUNTS.map((name) => counts[name])];
}

describe('what a replay leaves behind', () => {
  test('does not depend on frames or commits', async () => {
    await fc.assert(
      fc.asyncProperty(ANY, how, async (log, read) => {
        const undisturbed = new World(log);
        const expected = await undisturbed.run(AT_ONCE);
        const world = new World(log);
        expect(await world.run({ ...AT_ONCE, ...read })).toEqual(expected);
        expect(await world.remains()).toEqual(await undisturbed.remains());
      }),
      { numRuns: 60 },
    );
  });

  test('holds the counts of the plain join, with nothing later than outOfOrderness', async () => {
    await fc.assert(
      fc.asyncProperty(TAME, how, fc.constantFrom(1, 3, 12), async (log, read, partitionCount) => {
        const world = new World(log);
        await world.run({ ...read, partitionCount });
        const stored = (await world.remains()).windows.map(({ summary }) => countsOf(summary));
        const { predictions } = log;
        const { partials } = await joinPlainly({ predictions, settings: PLAN.window });
        const plain = [...partials]
          .sort(([left], [right]) => left - right)
          .map(([window, partial]) => [
            window * MINUTE_MS,
            ...COUNTS.map((name) => partial.counts[countOffset(name)] ?? 0),
          ])
          .filter(([, ...counts]) => counts.some((count) => count > 0));
        expect(stored.filter(([, ...counts]) => counts.some((count) => count > 0))).toEqual(plain);
      }),
      { numRuns: 60 },
    );
  });

  test('does not depend on where a process ended and how often', async () => {
    await fc.assert(
      fc.asyncProperty(
        ANY,
        how,
        fc.array(
          fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), afterEffect: fc.boolean() }),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
        async (log, read, ends) => {
          const undisturbed = new World(log);
          const steps = { ...AT_ONCE, ...read };
          const expected = await undisturbed.run(steps);
          const world = new World(log);
          for (const { at, afterEffect } of ends) {
            await world.run(steps, {
              atCall: Math.floor(at * undisturbed.callCount),
              afterEffect,
            });
          }
          expect(await world.run(steps)).toEqual(expected);
          expect(await world.remains()).toEqual(await undisturbed.remains());
        },
      ),
      { numRuns: 60 },
    );
  });

  test('holds the same verdicts for 1, 3 and 12 partitions', async () => {
    await fc.assert(
      fc.asyncProperty(TAME, fc.constantFrom(3, 12), async (log, partitionCount) => {
        const one = new World(log);
        await one.run(AT_ONCE);
        const many = new World(log);
        await many.run({ ...AT_ONCE, partitionCount, frameSize: 20 });
        // Pairs are kept up to a limit per partition, and segments are files of partitions.
        const { segments: _, pairs: __, ...expected } = await one.remains();
        expect(await many.remains()).toMatchObject(expected);
      }),
      { numRuns: 30 },
    );
  });
});

test('the random logs reach every stage, learned cells and a rollback', async () => {
  const seen = new Set<string>();
  for (const log of fc.sample(ANY, { numRuns: 80, seed: 5 })) {
    const world = new World(log);
    const result = await world.run(AT_ONCE);
    seen.add(`${result?.decision}`).add(`stage ${result?.stage?.index}`);
    for (const { summary } of (await world.remains()).windows) {
      seen.add(summary.includes('"profileHash":null') ? 'learning' : 'learned');
    }
  }
  const reached = ['held', 'rolled_back', 'stage 0', 'stage 1', 'stage 2', 'learning', 'learned'];
  expect(reached.filter((one) => !seen.has(one))).toEqual([]);
});
