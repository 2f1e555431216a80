import { describe, expect, test } from 'vitest';
import type { Metric, Plan } from '../../../../src/core/events/plan.ts';
import type { StageRef } from '../../../../src/core/events/verdict.ts';
import { judgeAll, SHADOW } from '../../../support/judging.ts';
import {
  disagreement,
  errorRate,
  missing,
  outcome,
  planOf,
  stepOf,
} from '../../../support/plans.ts';
import { MINUTE_MS, type SummarySpec, summaryOf } from '../../../support/summaries.ts';

const SPLIT: StageRef = { index: 1, share: 0.1, fromMs: 0 };
const LAST: StageRef = { index: 2, share: 1, fromMs: 0 };
const STEPS = [stepOf(0), stepOf(0.1), stepOf(1)];

function planWith(metrics: readonly Metric[], over: Partial<Plan> = {}): Plan {
  return planOf(metrics, { steps: STEPS, ...over });
}

/** The same window so many times; the bake of every step is ten of them. */
function judged(plan: Plan, spec: SummarySpec, at: { windows: number; stage?: StageRef }) {
  const summaries = Array.from({ length: at.windows }, (_, window) =>
    summaryOf({ window, ...spec }),
  );
  return judgeAll(plan, summaries, at.stage ?? SHADOW).verdicts;
}

/** 100 pairs a minute in shadow, 1 % errors in both arms. */
function shadow(pairs: number, canaryErrors = 0.01): SummarySpec {
  return {
    counts: { matched: pairs },
    current: { predictions: pairs, errors: pairs * 0.01 },
    canary: { predictions: pairs, errors: pairs * canaryErrors },
    paired: { compared: pairs, flipsUp: pairs * 0.02, bothNegative: pairs * 0.98 },
  };
}

/** 900 answers of the current model and 100 of the canary a minute. */
function split(canaryErrors: number, canaryServed = 100): SummarySpec {
  return {
    current: { predictions: 900, served: 900, errors: 9 },
    canary: { predictions: canaryServed, served: canaryServed, errors: canaryErrors },
  };
}

describe('a step in shadow', () => {
  const plan = planWith([errorRate(), disagreement()]);

  test('is passed at the end of its bake, not before', () => {
    const verdicts = judged(plan, shadow(500), { windows: 10 });
    expect(verdicts.map(({ decision }) => decision)).toEqual([...Array(9).fill('hold'), 'promote']);
    expect(verdicts[8]?.reason).toBe('shadow bakes for another 1 min');
  });

  test('says that it was passed while the next one has not begun', () => {
    const verdicts = judged(plan, shadow(500), { windows: 12 });
    expect(verdicts.slice(10).map(({ decision, reason }) => [decision, reason])).toEqual([
      ['hold', 'shadow was passed, and nothing asks to wait'],
      ['hold', 'shadow was passed, and nothing asks to wait'],
    ]);
  });

  test('waits for its pairs, and says how long that takes', () => {
    const verdicts = judged(plan, shadow(100), { windows: 20 });
    expect(verdicts[9]?.reason).toBe(
      '1,000 pairs of the 2,000 that this step needs: about 10 windows more at this traffic',
    );
    expect(verdicts.findIndex(({ decision }) => decision === 'promote')).toBe(19);
  });
});

describe('a split step', () => {
  const plan = planWith([errorRate()]);

  test('needs so many answers that the canary served', () => {
    const verdicts = judged(plan, split(0, 20), { windows: 25, stage: SPLIT });
    expect(verdicts[9]?.reason).toContain('200 canary answers of the 500 that this step needs');
    expect(verdicts.at(-1)?.decision).toBe('promote');
  });

  test('is not asked again until its samples have grown by half', () => {
    const verdicts = judged(plan, split(1.4), { windows: 40, stage: SPLIT });
    expect(verdicts[9]?.reason).toMatch(/^not inside the tolerance: error-rate: /);
    expect(verdicts[10]?.reason).toMatch(
      /; this step is judged again at 1,500 canary answers \(1,100 so far\)$/,
    );
    expect(verdicts[14]?.reason).not.toContain('judged again');
    expect(verdicts[15]?.reason).toContain('judged again at 2,250 canary answers');
  });

  test('passes when a later look finds the estimate inside the tolerance', () => {
    const specs = [
      ...Array<SummarySpec>(10).fill(split(1.4)),
      ...Array<SummarySpec>(10).fill(split(0.6)),
    ];
    const summaries = specs.map((spec, window) => summaryOf({ window, ...spec }));
    const { verdicts } = judgeAll(plan, summaries, SPLIT);
    expect(verdicts[13]?.reason).toMatch(/^inside the tolerance by now; this step is judged again/);
    expect(verdicts[14]?.decision).toBe('promote');
  });

  test('says with which probability the harm that must be caught would have passed', () => {
    const verdicts = judged(plan, split(1), { windows: 10, stage: SPLIT });
    expect(verdicts.at(-1)?.reason).toBe(
      '10 % is passed with 1,000 canary answers: no bound is crossed and every gate is open; ' +
        'a canary with twice the errors would have passed here with probability 0.0358',
    );
  });

  test('names the harm in points where the current model hardly fails: twice nothing is nothing', () => {
    const alike = { predictions: 1_000, served: 100, errors: 0 };
    const verdicts = judged(plan, { current: alike, canary: alike }, { windows: 10, stage: SPLIT });
    expect(verdicts.at(-1)?.reason).toContain('a canary with 0.5 points more errors would');
    expect(verdicts.at(-1)?.reason).not.toContain('twice');
  });

  test('with automatic samples needs what shows the harm that must be caught', () => {
    const auto = planWith([errorRate({ tolerance: { ratio: 1.25, difference: 0 } })], {
      steps: [stepOf(0), stepOf(0.1, { minSampleCount: null }), stepOf(1)],
    });
    const verdicts = judged(auto, split(1), { windows: 80, stage: SPLIT });
    expect(verdicts[9]?.reason).toMatch(
      /^1,000 canary answers of the 6,\d{3} that this step needs/,
    );
    const passedAt = verdicts.findIndex(({ decision }) => decision === 'promote');
    expect(passedAt).toBeGreaterThan(60);
    expect(passedAt).toBeLessThan(70);
  });

  test('with automatic samples never passes when the tolerance hides that harm', () => {
    const blind = planWith([errorRate({ tolerance: { ratio: 3, difference: 0 } })], {
      steps: [stepOf(0), stepOf(0.1, { minSampleCount: null }), stepOf(1)],
    });
    const last = judged(blind, split(1), { windows: 60, stage: SPLIT }).at(-1);
    expect(last?.decision).toBe('hold');
    expect(last?.reason).toContain('of the infinitely many that this step needs');
  });
});

describe('gates', () => {
  const shut = { ...shadow(500), paired: { compared: 500, flipsUp: 62, bothNegative: 438 } };

  test('a metric holds the steps that wait for it', () => {
    const plan = planWith([errorRate(), disagreement()]);
    const last = judged(plan, shut, { windows: 10 }).at(-1);
    expect(last?.decision).toBe('hold');
    expect(last?.reason).toMatch(/^not inside the tolerance: disagreement: canary answers differ/);
  });

  test.each(['last', 'none'] as const)(
    'a metric that gates %s does not hold the first step',
    (gates) => {
      const plan = planWith([errorRate(), disagreement({ gates })]);
      expect(judged(plan, shut, { windows: 10 }).at(-1)?.decision).toBe('promote');
    },
  );

  test('a metric that gates the last step holds it', () => {
    const plan = planWith([errorRate(), disagreement({ gates: 'last' })]);
    const both = { ...shut, canary: { ...shut.canary, served: 500 } };
    expect(judged(plan, both, { windows: 10, stage: LAST }).at(-1)?.decision).toBe('hold');
  });

  test('a dry run and a warning hold nothing', () => {
    const dry = planWith([errorRate(), disagreement({ dryRun: true })]);
    const warn = planWith([errorRate(), disagreement({ onFail: 'warn' })]);
    expect(judged(dry, shut, { windows: 10 }).at(-1)?.decision).toBe('promote');
    expect(judged(warn, shut, { windows: 10 }).at(-1)?.decision).toBe('promote');
  });

  test('a check that asks for a hold holds before and after the bake', () => {
    const plan = planWith([missing()]);
    const lossy = { ...shadow(500), counts: { matched: 450, unmatchedCurrent: 50 } };
    const verdicts = judged(plan, lossy, { windows: 12 });
    expect(verdicts.map(({ decision }) => decision)).not.toContain('promote');
    expect(verdicts.at(-1)?.reason).toMatch(/^missing: the canary did not answer 10 %/);
  });
});

describe('what cannot tell', () => {
  const labels = outcome({ gates: 'all' });

  test('holds', () => {
    const last = judged(planWith([errorRate(), labels]), shadow(500), { windows: 10 }).at(-1);
    expect(last?.decision).toBe('hold');
    expect(last?.reason).toBe('cannot tell yet: label-loss: no block of late is mature yet');
  });

  test('passes where the plan says pass', () => {
    const plan = planWith([errorRate(), labels], { onInsufficientData: 'pass' });
    expect(judged(plan, shadow(500), { windows: 10 }).at(-1)?.decision).toBe('promote');
  });

  test('rolls back where the plan says fail, at the end of the bake', () => {
    const plan = planWith([errorRate(), labels], { onInsufficientData: 'fail' });
    const verdicts = judged(plan, shadow(500), { windows: 10 });
    expect(verdicts[8]?.decision).toBe('hold');
    expect(verdicts[9]?.decision).toBe('rollback');
    expect(verdicts[9]?.reason).toMatch(/^cannot tell yet: label-loss: .*: the plan says fail$/);
  });

  test('too few samples count as not being able to tell', () => {
    const few = shadow(50);
    const pass = planWith([errorRate()], { onInsufficientData: 'pass' });
    const fail = planWith([errorRate()], { onInsufficientData: 'fail' });
    expect(judged(pass, few, { windows: 10 }).at(-1)?.decision).toBe('promote');
    expect(judged(fail, few, { windows: 10 }).at(-1)?.decision).toBe('rollback');
  });

  test('a comparison that the last stage has nobody left for does not hold it', () => {
    const alone = { canary: { predictions: 1_000, served: 1_000, errors: 10 } };
    const plan = planWith([errorRate()]);
    const last = judged(plan, alone, { windows: 10, stage: LAST }).at(-1);
    expect(last?.decision).toBe('promote');
    expect(last?.reason).toContain('errors could not be compared here');
  });
});

describe('promoteOn: proof', () => {
  const proof = { promoteOn: 'proof' } as const;

  test('holds until the error rate is proven to be within its tolerance', () => {
    const plan = planWith([errorRate({ tolerance: { ratio: 1.5, difference: 0 } })], proof);
    const verdicts = judged(plan, shadow(300), { windows: 60 });
    const passedAt = verdicts.findIndex(({ decision }) => decision === 'promote');
    expect(verdicts[9]?.reason).toMatch(
      /^not proven yet that errors are within their tolerance: [\d.]+ to 1 for it, 20 to 1 are needed$/,
    );
    expect(passedAt).toBeGreaterThan(10);
    expect(verdicts[passedAt]?.windowEndMs).toBe((passedAt + 1) * MINUTE_MS);
  });

  test('never passes a canary at its tolerance', () => {
    const plan = planWith([errorRate({ tolerance: { ratio: 1.5, difference: 0 } })], proof);
    const verdicts = judged(plan, shadow(2_000, 0.015), { windows: 200 });
    expect(verdicts.map(({ decision }) => decision)).not.toContain('promote');
  });

  test('needs an errorRate metric', () => {
    const plan = planWith([disagreement()], proof);
    expect(judged(plan, shadow(500), { windows: 10 }).at(-1)?.reason).toBe(
      'promoteOn: proof needs an errorRate metric',
    );
  });
});
