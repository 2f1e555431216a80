import { expect, test } from 'vitest';
import type { Plan } from '../../../../src/core/events/plan.ts';
import { initialState, rulesOf } from '../../../../src/core/rollout/state.ts';

const METRIC = {
  weight: 0.2,
  critical: false,
  dryRun: false,
  gates: 'last',
  onFail: 'rollback',
  warmupMs: 0,
} as const;
const OUTCOME = {
  ...METRIC,
  type: 'outcome',
  pinballQuantile: null,
  tolerance: { ratio: 1.05, difference: 0 },
  floor: null,
  relativeTo: null,
  matureShare: 0.95,
  absent: 'exclude',
} as const;

const PLAN = {
  name: 'fraud-v7',
  model: 'fraud',
  currentVersion: 'v6',
  canaryVersion: 'v7',
  steps: [{ share: 0, bakeMs: 60_000, minSampleCount: null, minPairCount: 2000 }],
  metrics: [
    {
      ...OUTCOME,
      name: 'label-loss',
      outcome: 'late',
      attribution: 'label',
      loss: 'log',
      horizonMs: 7000,
    },
    {
      ...OUTCOME,
      name: 'label-error',
      outcome: 'late',
      attribution: 'label',
      loss: 'zeroOne',
      horizonMs: 5000,
    },
    {
      ...OUTCOME,
      name: 'click-rate',
      outcome: 'click',
      attribution: 'served',
      loss: null,
      horizonMs: 9000,
    },
  ],
  sessionAffinity: { key: 'unit_id', boundary: 'session', maxAgeMs: 1 },
} as const satisfies Partial<Plan>;

const rules = rulesOf(PLAN, 'fraud-v7.3');

test('the rules hold the steps, the versions and the boundary of the plan', () => {
  expect(rules).toMatchObject({
    rolloutId: 'fraud-v7.3',
    model: 'fraud',
    currentVersion: 'v6',
    canaryVersion: 'v7',
    key: 'unit_id',
    boundary: 'session',
    sessionMaxAgeMs: 1,
    steps: [{ share: 0, bakeMs: 60_000 }],
  });
});

test('the watch is as long as the longest horizon of a label metric', () => {
  expect(rules.watchMs).toBe(7000);
  expect(rulesOf({ ...PLAN, metrics: [] }, 'fraud-v7.3').watchMs).toBe(0);
});

test('the first state is the same after a round trip through JSON', () => {
  expect(JSON.parse(JSON.stringify(initialState()))).toEqual(initialState());
});
