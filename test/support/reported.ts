import type { Plan } from '../../src/core/events/plan.ts';
import type { WindowSummary } from '../../src/core/windows/summary.ts';
import { disagreement, divergence, errorRate, planOf, stepOf } from './plans.ts';
import { featureOf, fieldOf, MINUTE_MS, type SummarySpec, summaryOf } from './summaries.ts';

/** Shadow and mirrored 5 %, three and five minutes: error rate, disagreement and divergence are judged. */
export const SMALL_PLAN: Plan = planOf(
  [
    errorRate({ weight: 0.4 }),
    disagreement({ weight: 0.3, gates: 'none' }),
    divergence({ dryRun: true }),
  ],
  {
    mirror: { current: 1, canary: 1 },
    steps: [
      stepOf(0, { bakeMs: 3 * MINUTE_MS, minPairCount: 300 }),
      stepOf(0.05, { bakeMs: 5 * MINUTE_MS, minSampleCount: 100 }),
    ],
  },
);

/** A quiet minute in shadow, in which the models disagree most in one country. */
export function shadowWindow(window: number, over: SummarySpec = {}): WindowSummary {
  return summaryOf({
    window,
    profileHash: 'p1',
    counts: { matched: 400, unmatchedCanary: 2 },
    current: { predictions: 402, served: 402, errors: 4 },
    canary: { predictions: 402, errors: 4 },
    paired: { compared: 400, flipsUp: 2, flipsDown: 30, differenceCount: 400, differenceSum: -4 },
    fields: [
      fieldOf('score', [200, 200], [210, 190]),
      featureOf('country', {
        cells: ['DE', 'FR'],
        pairs: [200, 200],
        flipsDown: [2, 28],
        flipsUp: [1, 1],
        differences: [0, -0.02],
      }),
    ],
    ...over,
  });
}

/** A minute at 5 %, mirrored, in which so many of the canary's answers fail. */
export function splitWindow(window: number, canaryErrors: number): WindowSummary {
  return shadowWindow(window, {
    current: { predictions: 402, served: 380, errors: 4 },
    canary: { predictions: 402, served: 20, errors: canaryErrors },
  });
}

/** Shadow is passed, and at 5 % the canary fails four times as often: it is rolled back. */
export function smallRollout(): readonly WindowSummary[] {
  return [
    ...[0, 1, 2].map((window) => shadowWindow(window)),
    ...[3, 4, 5, 6, 7, 8, 9].map((window) => splitWindow(window, 16)),
  ];
}
