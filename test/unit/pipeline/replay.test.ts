import { describe, expect, test } from 'vitest';
import type { Prediction } from '../../../src/core/events/prediction.ts';
import { errorRate, missing, outcome, planOf, stepOf } from '../../support/plans.ts';
import { canary, current, outcomeOf } from '../../support/predictions.ts';
import { AT_ONCE, World } from '../../support/replaying.ts';

const T = 86_400_000;
const MINUTE_MS = 60_000;
const EACH = { ...AT_ONCE, frameSize: 1 };

const PLAN = planOf([errorRate({ weight: 0.3 }), missing({ weight: 0.05 })], {
  reference: { file: null, minSampleCount: 3, minSpanMs: 0 },
  steps: [0, 0.5, 1].map((share) =>
    stepOf(share, { bakeMs: 2 * MINUTE_MS, minSampleCount: 1, minPairCount: 1 }),
  ),
});

function pairAt(id: string, atMs: number): Prediction[] {
  const given = { features: { amount: atMs % 7 } };
  return [current(id, atMs, given), canary(id, atMs, given)];
}

/** One pair a second. */
function traffic(fromMs: number, toMs: number): Prediction[] {
  const count = Math.floor((toMs - fromMs) / 1_000);
  return Array.from({ length: count }, (_, i) =>
    pairAt(`r${fromMs + i}`, fromMs + i * 1_000),
  ).flat();
}

describe('a replay', () => {
  test('of an empty log ends held, with nothing stored', async () => {
    const world = new World({ plan: PLAN, predictions: [], outcomes: [] });
    const result = await world.run(AT_ONCE);
    expect(result).toMatchObject({ decision: 'held', verdictCount: 0, firstWindowStartMs: null });
    expect(await world.remains()).toMatchObject({ verdicts: [], windows: [] });
  });

  test('that is finished is finished: run again it does nothing', async () => {
    const world = new World({ plan: PLAN, predictions: traffic(T, T + 300_000), outcomes: [] });
    const first = await world.run(AT_ONCE);
    const remains = await world.remains();
    expect(await world.run(AT_ONCE)).toEqual(first);
    expect(await world.remains()).toEqual(remains);
  });

  test('waits for the decision of a window that opened behind a later one', async () => {
    // The first records are of the second window, then come the first's: its close decides the cells.
    const predictions = [
      ...pairAt('ahead', T + 60_500),
      ...['a', 'b', 'c', 'd'].flatMap((id) => pairAt(id, T + 59_000)),
      ...traffic(T + 61_000, T + 500_000),
    ];
    const log = { plan: PLAN, predictions, outcomes: [] };
    const atOnce = new World(log);
    const oneByOne = new World(log);
    expect(await oneByOne.run(EACH)).toEqual(await atOnce.run(AT_ONCE));
    expect(await oneByOne.remains()).toEqual(await atOnce.remains());
  });

  test('does not close a window while an outcome of it is still to be read', async () => {
    const click = outcome({
      name: 'click-rate',
      outcome: 'click',
      attribution: 'served',
      loss: null,
    });
    const plan = { ...PLAN, metrics: [...PLAN.metrics, { ...click, floor: 0.5, weight: 0.1 }] };
    const before = traffic(T, T + 59_000);
    const predictions = [...before, ...pairAt('next', T + 600_000)];
    const outcomes = [outcomeOf(`r${T}`, T + 59_500, { metric: 'click' })];
    const atOnce = new World({ plan, predictions, outcomes });
    const fromOutcome = new World({ plan, predictions, outcomes });
    const expected = await atOnce.run(AT_ONCE);
    expect(expected?.outcomeCounters.credited).toBe(1);
    expect(await fromOutcome.run({ ...AT_ONCE, frameSize: before.length })).toEqual(expected);
    expect(await fromOutcome.remains()).toEqual(await atOnce.remains());
  });

  test('begins again in the middle with the same shares for who is served', async () => {
    const log = { plan: PLAN, predictions: traffic(T, T + 900_000), outcomes: [] };
    const undisturbed = new World(log);
    const expected = await undisturbed.run(EACH);
    expect(expected?.stage?.share).toBeGreaterThan(0);
    for (const atCall of [3, 40, 80]) {
      const world = new World(log);
      expect(await world.run(EACH, { atCall, afterEffect: true })).toBe(null);
      expect(await world.run(EACH)).toEqual(expected);
      expect(await world.remains()).toEqual(await undisturbed.remains());
    }
  });

  test('counts one outcome once, also when its window brought nothing else and the process ended', async () => {
    const plan = planOf(
      [
        errorRate({ weight: 0.3 }),
        outcome({ weight: 0.1, loss: 'squared', horizonMs: 30 * MINUTE_MS }),
      ],
      { reference: { file: null, minSampleCount: 1e6, minSpanMs: 0 }, steps: PLAN.steps },
    );
    const predictions = [...traffic(T, T + 60_000), ...traffic(T + 1_200_000, T + 1_260_000)];
    // Minutes 5 to 9 hold outcomes only: each of the same request.
    const outcomes = [5, 6, 7, 8, 9].map((minute) => outcomeOf(`r${T}`, T + minute * MINUTE_MS));
    const log = { plan, predictions, outcomes };
    const undisturbed = new World(log);
    const expected = await undisturbed.run(EACH);
    expect(expected?.outcomeCounters).toMatchObject({ read: 5, credited: 1, duplicate: 4 });
    for (let atCall = 0; atCall < undisturbed.callCount; atCall += 1) {
      const world = new World(log);
      await world.run(EACH, { atCall, afterEffect: true });
      expect(await world.run(EACH)).toEqual(expected);
      expect(await world.remains()).toEqual(await undisturbed.remains());
    }
  });

  test('refuses to go on with what another run left', async () => {
    const world = new World({ plan: PLAN, predictions: traffic(T, T + 300_000), outcomes: [] });
    await world.run(AT_ONCE);
    await expect(world.run({ ...AT_ONCE, partitionCount: 3 })).rejects.toMatchObject({
      code: 'store_mismatch',
    });
  });

  test('takes who was served from the log when it is told to', async () => {
    const predictions = traffic(T, T + 120_000).map((prediction) => ({
      ...prediction,
      served: prediction.version === 'v6',
    }));
    const alone = current('alone', T + 30_000, { served: true });
    const recorded = new World({ plan: PLAN, predictions, outcomes: [] }, 'recorded');
    const result = await recorded.run(AT_ONCE);
    expect(result?.counters).toMatchObject({ matched: 120, notAsked: 0 });
    const inShadow = new World({ plan: PLAN, predictions: [alone], outcomes: [] }, 'recorded');
    expect((await inShadow.run(AT_ONCE))?.counters).toMatchObject({ unmatchedCurrent: 1 });
    const split = { ...PLAN, steps: [stepOf(0.5)] };
    const inSplit = new World({ plan: split, predictions: [alone], outcomes: [] }, 'recorded');
    expect((await inSplit.run(AT_ONCE))?.counters).toMatchObject({ notAsked: 1 });
    const mirrored = { ...split, mirror: { current: 1, canary: 0 } };
    const asked = new World({ plan: mirrored, predictions: [alone], outcomes: [] }, 'recorded');
    expect((await asked.run(AT_ONCE))?.counters).toMatchObject({ unmatchedCurrent: 1 });
  });
});
