import { describe, expect, it } from 'vitest';
import { disagreement, errorRate, planOf, stepOf } from '../../support/plans.ts';
import { canary, current } from '../../support/predictions.ts';
import { CALM, Drive } from '../../support/stream/drive.ts';
import { World } from '../../support/stream/world.ts';

const MINUTE_MS = 60_000;
const START_MS = 1_000_000_020_000;

/** A healthy canary in shadow long enough to be passed on. */
function log(minutes: number) {
  return Array.from({ length: minutes * 60 }, (_, second) => {
    const atMs = START_MS + second * 1_000;
    const score = (second % 10) / 10;
    return [current(`r${second}`, atMs, { score }), canary(`r${second}`, atMs + 5, { score })];
  }).flat();
}

const shadow = stepOf(0, { bakeMs: 2 * MINUTE_MS, minPairCount: 50, minSampleCount: 0 });
const plan = planOf([disagreement(), errorRate()], {
  steps: [shadow, stepOf(0.05), stepOf(1)],
  mustCatch: { errors: { ratio: 20, difference: 0.5 }, latencyRatio: 1.5 },
});

describe('a rollout whose database is lost', () => {
  it('is merged again from the partials: the same verdicts, and the same beginnings of its stages', async () => {
    const world = new World({ plan, partitionCount: 3, startMs: START_MS });
    const drive = new Drive(world, 2);
    await drive.feed(log(12), { ...CALM, joinerCount: 2 });
    await drive.drain();
    const before = world.published();
    const stages = drive.judge.mergers[0]?.closer.controller.stages;
    expect(stages?.length).toBeGreaterThan(1);

    world.stores.clear();
    // Much later: decided now, a stage would begin hours after it did.
    world.nowMs += 10_000_000;
    world.broker.eject('judge');
    const again = world.judge('another');
    for (let i = 0; i < 20; i++) await again.step(0);

    expect(again.mergers[0]?.closer.controller.stages).toEqual(stages);
    const after = world.published().slice(before.length);
    expect(after.map(({ body }) => body)).toEqual(before.map(({ body }) => body));
    expect(after.map(({ effectiveFromMs }) => effectiveFromMs)).toEqual(
      before.map(({ effectiveFromMs }) => effectiveFromMs),
    );
  });
});
