import { describe, expect, test } from 'vitest';
import type { Metric } from '../../../src/core/events/plan.ts';
import type { Outcome, Prediction } from '../../../src/core/events/prediction.ts';
import { outcome, planOf, scoreShift, stepOf } from '../../support/plans.ts';
import { canary, current, outcomeOf } from '../../support/predictions.ts';
import { mulberry32, sum12 } from '../../support/random.ts';
import { AT_ONCE, World } from '../../support/replaying.ts';

const T = 86_400_000;
const MINUTE_MS = 60_000;

const REVENUE = outcome({
  name: 'revenue',
  outcome: 'purchase',
  attribution: 'served',
  loss: null,
  floor: 0.9,
  relativeTo: 'current',
  of: 'value',
  horizonMs: 20 * MINUTE_MS,
  critical: true,
  weight: 0.4,
});
const SHIFT = scoreShift({ max: 0.02, critical: true, weight: 0.4 });

function planWith(metrics: readonly Metric[]) {
  return planOf(metrics, {
    reference: { file: null, minSampleCount: 50, minSpanMs: 0 },
    steps: [stepOf(0.5, { bakeMs: 20 * MINUTE_MS, minSampleCount: 1, minPairCount: 0 }), stepOf(1)],
  });
}

interface Story {
  readonly metrics: readonly Metric[];
  /** Added to each score of the canary. */
  readonly shift?: number;
  /** What a purchase is worth where the canary served, in parts of what it is else. */
  readonly dear?: number;
}

/** 150 requests a minute for 40 minutes; half of them served by the canary, one in four buys up to 5 minutes later. */
async function tell({ metrics, shift = 0, dear = 1 }: Story) {
  const random = mulberry32(5);
  const predictions: Prediction[] = [];
  const outcomes: Outcome[] = [];
  for (let i = 0; i < 6_000; i++) {
    const atMs = T + i * 400;
    const id = `r${i}`;
    const isCanary = random() < 0.5;
    const score = 0.4 + 0.05 * sum12(random);
    predictions.push(
      isCanary
        ? canary(id, atMs, { served: true, score: score + shift })
        : current(id, atMs, { served: true, score }),
    );
    if (random() < 0.75) continue;
    const value = 20 * Math.min(10, (1 - random()) ** -0.4) * (isCanary ? dear : 1);
    const laterMs = Math.floor(random() * 5 * MINUTE_MS);
    outcomes.push(outcomeOf(id, atMs + laterMs, { metric: 'purchase', value }));
  }
  const byTime = outcomes.toSorted((left, right) => left.eventTimeMs - right.eventTimeMs);
  const world = new World({ plan: planWith(metrics), predictions, outcomes: byTime }, 'recorded');
  const result = await world.run({ ...AT_ONCE, partitionCount: 3 });
  const { verdicts } = await world.remains();
  return { decision: result?.decision, last: JSON.stringify(verdicts.at(-1)) };
}

describe('what the canary brings in, over the whole line', () => {
  test('is rolled back when each purchase is worth half, and not when it is worth the same', async () => {
    const worse = await tell({ metrics: [REVENUE], dear: 0.5 });
    expect(worse.decision).toBe('rolled_back');
    expect(worse.last).toMatch(/revenue: purchase of the canary is \d\d(\.\d)? % of the/);
    const same = await tell({ metrics: [REVENUE] });
    expect(same.decision).not.toBe('rolled_back');
  });
});

describe('scores of the canary that are all a little higher, over the whole line', () => {
  test('are rolled back in a split without pairs, and not within the limit', async () => {
    const higher = await tell({ metrics: [SHIFT], shift: 0.05 });
    expect(higher.decision).toBe('rolled_back');
    expect(higher.last).toMatch(/score-shift: canary scores less current scores are \+0\.0/);
    const within = await tell({ metrics: [SHIFT], shift: 0.005 });
    expect(within.decision).not.toBe('rolled_back');
  });
});
