import { describe, expect, test } from 'vitest';
import { checkNamed, judgeAll } from '../../../../support/judging.ts';
import { errorRate, planOf } from '../../../../support/plans.ts';
import { summaryOf } from '../../../../support/summaries.ts';

const PLAN = planOf([errorRate()]);

/** So many windows of these errors, among 1,000 answers of the current and `canary` of the canary. */
function windowsOf(
  count: number,
  errors: { current: number; canary: number },
  answers = { current: 1_000, canary: 1_000 },
) {
  return Array.from({ length: count }, (_, window) =>
    summaryOf({
      window,
      current: { predictions: answers.current, errors: errors.current },
      canary: { predictions: answers.canary, errors: errors.canary },
    }),
  );
}

function lastCheck(summaries: ReturnType<typeof windowsOf>, plan = PLAN) {
  return checkNamed(judgeAll(plan, summaries).verdicts.at(-1), 'error-rate');
}

describe('the error rate check', () => {
  test('fires on twice the errors, and says so with its numbers', () => {
    const check = lastCheck(windowsOf(20, { current: 20, canary: 40 }));
    expect(check).toMatchObject({
      status: 'fail',
      asks: 'rollback',
      reason: 'bound_crossed',
      effect: 2,
      effectOf: 'rate ratio',
      currentCount: 20_000,
      canaryCount: 20_000,
    });
    expect(check.sentence).toMatch(
      /^the canary failed in 4 % of 20,000 answers, the current model in 2 %, 2 times as many; limit 1.25 times and 0.1 points more; evidence 10\^\d+\.\d to 1 against$/,
    );
    expect(check.bound).toBeGreaterThan(1.25);
  });

  test('stays silent exactly at its tolerance, however long it looks', () => {
    const check = lastCheck(windowsOf(300, { current: 20, canary: 25 }));
    expect(check.status).toBe('pass');
    expect(check.logEvidence).toBeLessThan(1);
    expect(check.bound).toBeLessThan(1.25);
  });

  test('needs both parts of its tolerance to be exceeded', () => {
    const rare = { current: 2, canary: 6 };
    const answers = { current: 10_000, canary: 10_000 };
    const wide = planOf([errorRate({ tolerance: { ratio: 1.25, difference: 0.001 } })]);
    const narrow = planOf([errorRate({ tolerance: { ratio: 1.25, difference: 0 } })]);
    expect(lastCheck(windowsOf(60, rare, answers), wide).status).toBe('pass');
    expect(lastCheck(windowsOf(60, rare, answers), narrow).status).toBe('fail');
  });

  test('claims nothing in its first window when a difference is tolerated: no base rate is known', () => {
    const check = lastCheck(windowsOf(1, { current: 10, canary: 900 }));
    expect(check.status).toBe('inconclusive');
    expect(check.logEvidence).toBe(0);
    expect(lastCheck(windowsOf(2, { current: 10, canary: 900 })).status).toBe('fail');
  });

  test('finds every answer failing within two windows, without a NaN', () => {
    const check = lastCheck(windowsOf(2, { current: 1_000, canary: 1_000 }));
    expect(check.status).toBe('pass');
    expect(check.effect).toBe(1);
    expect(lastCheck(windowsOf(2, { current: 0, canary: 1_000 })).status).toBe('fail');
  });

  test('passes without an error in either arm, and names no ratio', () => {
    const check = lastCheck(windowsOf(5, { current: 0, canary: 0 }));
    expect(check).toMatchObject({ status: 'pass', effect: null, bound: null });
  });

  test.each([
    { arm: 'canary', answers: { current: 1_000, canary: 0 } },
    { arm: 'current model', answers: { current: 0, canary: 1_000 } },
  ])('cannot tell while the $arm is silent', ({ arm, answers }) => {
    const check = lastCheck(windowsOf(5, { current: 0, canary: 0 }, answers));
    expect(check).toMatchObject({
      status: 'inconclusive',
      reason: 'no_data',
      asks: 'none',
      sentence: `the ${arm} has not answered in this stage`,
    });
  });

  test('holds at 10 million counts as at a thousand', () => {
    const check = lastCheck(
      windowsOf(5, { current: 100_000, canary: 200_000 }, { current: 1e7, canary: 1e7 }),
    );
    expect(check.status).toBe('fail');
    expect(Number.isFinite(check.logEvidence)).toBe(true);
  });

  test('says how many windows it still needs when the estimate is out and the evidence small', () => {
    const summaries = windowsOf(30, { current: 20, canary: 45 });
    const verdicts = judgeAll(PLAN, summaries).verdicts.map((one) => checkNamed(one, 'error-rate'));
    const early = verdicts[2];
    expect(early?.status).toBe('inconclusive');
    expect(early?.reason).toBe('not_enough_evidence');
    const crossedAt = verdicts.findIndex(({ status }) => status === 'fail');
    expect(early?.decidableInWindowCount).toBeGreaterThanOrEqual(crossedAt - 2);
    expect(early?.decidableInWindowCount).toBeLessThan(3 * crossedAt);
  });

  test('quotes the latest windows when the fault is late', () => {
    const healthy = windowsOf(200, { current: 20, canary: 20 });
    const faulty = windowsOf(212, { current: 20, canary: 60 }).slice(200);
    const check = lastCheck([...healthy, ...faulty]);
    expect(check.status).toBe('fail');
    expect(check.sentence).toContain('answers of the latest windows');
  });
});
