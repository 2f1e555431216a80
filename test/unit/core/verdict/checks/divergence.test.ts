import { describe, expect, test } from 'vitest';
import type { StageRef } from '../../../../../src/core/events/verdict.ts';
import { checkNamed, judgeAll, SHADOW } from '../../../../support/judging.ts';
import { divergence, planOf } from '../../../../support/plans.ts';
import { fieldOf, type SummarySpec, summaryOf } from '../../../../support/summaries.ts';

const SPLIT: StageRef = { index: 1, share: 0.05, fromMs: 0 };
const PLAN = planOf([divergence()]);

type Cells = readonly (readonly number[])[];

function checkOf(windows: readonly SummarySpec[], plan = PLAN, stage = SHADOW) {
  const summaries = windows.map((spec, window) =>
    summaryOf({ window, profileHash: 'h1', ...spec }),
  );
  return checkNamed(judgeAll(plan, summaries, stage).verdicts.at(-1), 'divergence');
}

function repeated(times: number, [current = [], canary = []]: Cells): readonly SummarySpec[] {
  return Array.from({ length: times }, () => ({ fields: [fieldOf('score', current, canary)] }));
}

const EVEN = [250, 250, 250, 250];
const ROUNDED = [490, 10, 490, 10];

describe('the divergence check', () => {
  test('warns about a large divergence where the step has pairs', () => {
    const check = checkOf(repeated(5, [EVEN, ROUNDED]));
    expect(check).toMatchObject({
      nature: 'difference',
      status: 'fail',
      asks: 'warn',
      reason: 'over_null_line',
      logEvidence: null,
      effectOf: 'PSI',
    });
    expect(check.effect).toBeCloseTo(1.86, 1);
    expect(check.bound).toBeGreaterThan(0.25);
    expect(check.sentence).toMatch(
      /^PSI of score is 1.8\d in 5,000 canary answers \(chance alone stays below 0.00454 in 99 of 100 looks; 1.8\d uncorrected, 1.8\d in this window\); limit 0.25$/,
    );
  });

  test('reads the label of a model that logs no score, and names it', () => {
    const labels = { fields: [fieldOf('label', EVEN, EVEN)] };
    const check = checkOf([labels, labels], PLAN, SPLIT);
    expect(check).toMatchObject({ status: 'pass', canaryCount: 2_000 });
    expect(check.sentence).toMatch(/^PSI of label is /);
    const both = { fields: [fieldOf('label', EVEN, ROUNDED), fieldOf('score', EVEN, EVEN)] };
    expect(checkOf([both, both]).sentence).toMatch(/^PSI of score is /);
  });

  test('holds where the step has no pairs', () => {
    expect(checkOf(repeated(5, [EVEN, ROUNDED]), PLAN, SPLIT).asks).toBe('hold');
  });

  test('may roll back at a limit of the user, out of a budget of its own', () => {
    const plan = planOf([divergence({ onFail: 'rollback' })]);
    const windows = repeated(5, [EVEN, ROUNDED]);
    const { verdicts } = judgeAll(
      plan,
      windows.map((spec, window) => summaryOf({ window, profileHash: 'h1', ...spec })),
    );
    expect(verdicts.at(-1)?.decision).toBe('rollback');
    expect(verdicts.at(-1)?.logEvidence).toBe(0);
    expect(verdicts.at(-1)?.logEvidenceLimit).toBeCloseTo(-Math.log(0.009));
  });

  test('sees nothing in a mirror image of symmetric scores', () => {
    const check = checkOf(
      repeated(5, [
        [100, 400, 400, 100],
        [100, 400, 400, 100],
      ]),
    );
    expect(check).toMatchObject({ status: 'pass', asks: 'none' });
    expect(check.effect).toBeLessThanOrEqual(0);
  });

  test('does not take the rhythm of the day for a divergence', () => {
    const day = { fields: [fieldOf('score', [1_800, 200], [90, 10])] };
    const night = { fields: [fieldOf('score', [20, 180], [200, 1_800])] };
    const check = checkOf(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? day : night)));
    expect(check.status).toBe('pass');
    expect(check.effect).toBeLessThan(0.001);
  });

  test('cannot tell from few answers', () => {
    const check = checkOf(repeated(1, [EVEN, [9, 0, 9, 0]]));
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'too_few_samples' });
  });

  test('cannot tell while the cells are being learned, nor without the field', () => {
    const learning = summaryOf();
    const check = checkNamed(judgeAll(PLAN, [learning]).verdicts.at(-1), 'divergence');
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'no_profile' });
    expect(checkOf([{}]).reason).toBe('no_data');
  });

  test('never merges cells of two profiles', () => {
    const before = repeated(5, [EVEN, ROUNDED]);
    const after = repeated(5, [
      [500, 500],
      [500, 500],
    ]).map((spec) => ({
      ...spec,
      profileHash: 'h2',
    }));
    const check = checkOf([...before, ...after]);
    expect(check).toMatchObject({ status: 'pass', canaryCount: 5_000 });
  });

  test('leaves out cells that nobody is in: one cell in use cannot diverge', () => {
    expect(
      checkOf(
        repeated(3, [
          [900, 0, 0],
          [900, 0, 0],
        ]),
      ).reason,
    ).toBe('no_data');
  });

  test.each([
    { measure: 'kl', value: 0.595 },
    { measure: 'js', value: 0.179 },
  ] as const)('measures $measure', ({ measure, value }) => {
    const plan = planOf([divergence({ measure, max: 0.1 })]);
    const check = checkOf(repeated(5, [EVEN, ROUNDED]), plan);
    expect(check.effectOf).toBe(measure.toUpperCase());
    expect(check.effect).toBeCloseTo(value, 2);
    expect(check.status).toBe('fail');
  });
});
