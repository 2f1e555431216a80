import { describe, expect, test } from 'vitest';
import { checkNamed, judgeAll } from '../../../../support/judging.ts';
import { latency, planOf } from '../../../../support/plans.ts';
import { latencies, summaryOf } from '../../../../support/summaries.ts';

const PLAN = planOf([latency()]);

/** 1,000 answers around a median: a tail of 1.4 to 2 times of it in the last tenth. */
function around(medianMs: number, answers = 1_000): readonly number[] {
  const share = (part: number) => Math.round(answers * part);
  return latencies({
    [medianMs]: share(0.6),
    [medianMs * 1.2]: share(0.3),
    [medianMs * 1.4]: share(0.05),
    [medianMs * 1.7]: share(0.03),
    [medianMs * 2]: share(0.02),
  });
}

function checkAfter(
  windowCount: number,
  cells: { current: readonly number[]; canary: readonly number[] },
  plan = PLAN,
) {
  const summaries = Array.from({ length: windowCount }, (_, window) =>
    summaryOf({
      window,
      current: { predictions: 1_000, latencyCells: cells.current },
      canary: { predictions: 1_000, latencyCells: cells.canary },
    }),
  );
  return checkNamed(judgeAll(plan, summaries).verdicts.at(-1), 'latency-p95');
}

describe('the latency check', () => {
  test('fires on a canary that is twice as slow and above the limit', () => {
    const check = checkAfter(3, { current: around(100), canary: around(200) });
    expect(check).toMatchObject({ status: 'fail', asks: 'rollback', reason: 'bound_crossed' });
    expect(check.effect).toBeCloseTo(2, 1);
    expect(check.sentence).toMatch(
      /^p95 latency of the canary is 27\d ms in 3,000 answers, of the current model 1\d\d ms; limit 1.25 times and 250 ms; evidence/,
    );
  });

  test('stays silent when the canary is slower by exactly the tolerance', () => {
    const plan = planOf([latency({ maxMs: null })]);
    const check = checkAfter(300, { current: around(100), canary: around(125) }, plan);
    expect(check.status).toBe('pass');
    expect(check.logEvidence).toBeLessThan(1);
  });

  test('does not roll back below the absolute limit, however slow beside the current model', () => {
    const check = checkAfter(50, { current: around(20), canary: around(60) });
    expect(check).toMatchObject({ status: 'inconclusive', asks: 'none' });
    expect(check.logEvidence).toBeLessThan(1);
  });

  test('holds when both models are above the limit: it is not the canary', () => {
    const check = checkAfter(5, { current: around(400), canary: around(400) });
    expect(check).toMatchObject({ status: 'fail', asks: 'hold', reason: 'both_arms_slow' });
    expect(check.sentence).toContain('both models are above 250 ms at p95');
    expect(check.sentence).toContain('not the canary');
  });

  test('holds when only the canary is above the limit, within its tolerance', () => {
    const check = checkAfter(20, { current: around(160), canary: around(190) });
    expect(check).toMatchObject({ status: 'fail', asks: 'hold', reason: 'limit_crossed' });
  });

  test('sees a slowdown when all answers take the same time', () => {
    const plan = planOf([latency({ maxMs: null })]);
    const check = checkAfter(
      2,
      { current: latencies({ 100: 1_000 }), canary: latencies({ 200: 1_000 }) },
      plan,
    );
    expect(check.status).toBe('fail');
  });

  test('says nothing about two arms that all take the same time', () => {
    const same = latencies({ 100: 1_000 });
    const check = checkAfter(5, { current: same, canary: same });
    expect(check).toMatchObject({ status: 'pass', effect: 1 });
    expect(check.logEvidence).toBeLessThanOrEqual(0);
  });

  test('tolerates a difference in ms beside the ratio: both must be exceeded', () => {
    const tolerance = { ratio: 1.25, difference: 100 };
    const plan = planOf([latency({ maxMs: null, tolerance })]);
    expect(checkAfter(50, { current: around(20), canary: around(40) }, plan).status).toBe('pass');
    expect(checkAfter(50, { current: around(100), canary: around(300) }, plan).status).toBe('fail');
  });

  test('cannot tell without a latency', () => {
    const check = checkAfter(3, { current: latencies({}), canary: around(20) });
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'no_data', effect: null });
  });

  test('judges other quantiles by their name', () => {
    const plan = planOf([latency({ name: 'latency-p95', quantile: 0.5, maxMs: null })]);
    const check = checkAfter(3, { current: around(100), canary: around(200) }, plan);
    expect(check.sentence).toMatch(/^p50 latency/);
    expect(check.effectOf).toBe('p50 ratio');
  });
});
