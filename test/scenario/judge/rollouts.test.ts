import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/core/events/plan.ts';
import { checkNamed, passedStages, type Rehearsal, rehearse } from '../../support/judging.ts';
import {
  disagreement,
  divergence,
  errorRate,
  latency,
  missing,
  outcome,
  planOf,
  sampleRatio,
  stepOf,
} from '../../support/plans.ts';
import { mulberry32 } from '../../support/random.ts';
import { ALIKE, type Behaviour, trafficWindow } from '../../support/traffic.ts';

const CLICKS = outcome({
  name: 'click-rate',
  outcome: 'click',
  attribution: 'served',
  loss: null,
  floor: 0.9,
  relativeTo: 'current',
  weight: 0.1,
});

const PLAN: Plan = planOf(
  [
    errorRate({ weight: 0.3 }),
    latency(),
    outcome({ weight: 0.1 }),
    CLICKS,
    disagreement(),
    missing({ weight: 0.05 }),
    divergence(),
    sampleRatio(),
  ],
  { steps: [stepOf(0), stepOf(0.1), stepOf(0.5), stepOf(1)] },
);

/** A rollout of this behaviour, from a window on; before it both models are alike. */
function run(behaviour: Partial<Behaviour>, from = 0): Rehearsal {
  const random = mulberry32(7);
  return rehearse(PLAN, 400, (window, stage) =>
    trafficWindow(
      random,
      { ...ALIKE, mirrored: true, ...(window >= from ? behaviour : {}) },
      { window, stage },
    ),
  );
}

describe('a healthy canary', () => {
  const rehearsal = run({});

  test('passes every stage, in order, each once', () => {
    expect(passedStages(rehearsal)).toEqual([0, 1, 2, 3]);
  });

  test('is not promoted in any stage before its bake is over', () => {
    const bakedMs = rehearsal.verdicts
      .filter(({ decision }) => decision === 'promote')
      .map(({ windowEndMs, stage }) => windowEndMs - stage.fromMs);
    expect(bakedMs.slice(0, 3)).toEqual(PLAN.steps.slice(0, 3).map(({ bakeMs }) => bakeMs));
  });

  test('is told what passing was worth', () => {
    expect(rehearsal.verdicts.find(({ decision }) => decision === 'promote')?.reason).toBe(
      'shadow is passed with 11,988 pairs: no bound is crossed and every gate is open; ' +
        'a canary with twice the errors would have passed here with probability below 0.001, ' +
        'a canary 1.5 times as slow would have passed here with probability below 0.001',
    );
  });

  test('waits in the last stage until the label loss can decide at all', () => {
    const waiting = rehearsal.verdicts.at(-2);
    expect(waiting?.decision).toBe('hold');
    expect(waiting?.reason).toContain('12 blocks (it can decide from 13 blocks on)');
  });
});

describe('a faulty canary', () => {
  test.each([
    { what: 'twice the errors', name: 'error-rate', windows: 11, fault: { canaryErrors: 0.02 } },
    {
      what: 'twice the latency',
      name: 'latency-p95',
      windows: 1,
      fault: { currentLatencyMs: 150, canaryLatencyMs: 300 },
    },
    { what: 'opposite scores', name: 'disagreement', windows: 1, fault: { flips: 0.97 } },
    {
      what: 'a fifth of the answers missing',
      name: 'missing',
      windows: 2,
      fault: { missing: 0.2 },
    },
    { what: 'a fifth more loss', name: 'label-loss', windows: 200, fault: { canaryLoss: 0.48 } },
    {
      what: 'a third of the clicks',
      name: 'click-rate',
      windows: 25,
      fault: { canaryClicks: 0.0167 },
    },
  ])('with $what is rolled back by $name after $windows windows', ({ name, windows, fault }) => {
    const rehearsal = run(fault);
    const last = rehearsal.verdicts.at(-1);
    expect(last?.decision).toBe('rollback');
    expect(checkNamed(last, name).asks).toBe('rollback');
    expect(last?.reason).toContain(`${name}: `);
    expect(rehearsal.verdicts.length).toBe(windows);
  });

  test('that turns faulty late is rolled back too, and the sentence quotes the latest windows', () => {
    const rehearsal = run({ flips: 0.3 }, 150);
    const last = rehearsal.verdicts.at(-1);
    expect(last?.decision).toBe('rollback');
    expect(rehearsal.verdicts.length).toBeLessThanOrEqual(156);
    expect(last?.reason).toMatch(/^disagreement: .* of the latest windows; limit 12 %/);
  });

  test('with half of the clicks is held in the last stage when the evidence does not suffice', () => {
    const last = run({ canaryClicks: 0.025 }).verdicts.at(-1);
    expect(last?.stage.share).toBe(1);
    expect(last?.decision).toBe('hold');
    expect(last?.reason).toMatch(/^not inside the tolerance: click-rate: click of the canary is 5/);
  });

  test('that is slow together with the current model is held: it is not the canary', () => {
    const slow = { currentLatencyMs: 400, canaryLatencyMs: 400 };
    const rehearsal = run(slow);
    const last = rehearsal.verdicts.at(-1);
    expect(passedStages(rehearsal)).toEqual([]);
    expect(last?.decision).toBe('hold');
    expect(checkNamed(last, 'latency-p95')).toMatchObject({
      status: 'fail',
      asks: 'hold',
      reason: 'both_arms_slow',
    });
  });

  test('that swallows half of its requests is held in the split stages', () => {
    const random = mulberry32(3);
    const rehearsal = rehearse(PLAN, 60, (window, stage) => {
      const summary = trafficWindow(random, ALIKE, { window, stage });
      const { canary } = summary.arms;
      const half = (value: number) => Math.floor(value / 2);
      const swallowed = {
        ...canary,
        served: half(canary.served),
        predictions: stage.share === 0 ? canary.predictions : half(canary.predictions),
      };
      return { ...summary, arms: { ...summary.arms, canary: swallowed } };
    });
    expect(passedStages(rehearsal)).toEqual([0]);
    expect(checkNamed(rehearsal.verdicts.at(-1), 'sample-ratio')).toMatchObject({
      status: 'fail',
      asks: 'hold',
    });
  });

  test('that answers nobody is held by its missing answers from the first windows on', () => {
    const rehearsal = run({ missing: 1 });
    const last = rehearsal.verdicts.at(-1);
    expect(last?.decision).toBe('rollback');
    expect(rehearsal.verdicts.length).toBe(1);
    expect(checkNamed(last, 'error-rate')).toMatchObject({
      status: 'inconclusive',
      reason: 'no_data',
    });
  });
});
