import { describe, expect, test } from 'vitest';
import type { MaturedOutcome } from '../../../../../src/core/windows/summary.ts';
import { checkNamed, judgeAll } from '../../../../support/judging.ts';
import { outcome, planOf } from '../../../../support/plans.ts';
import { mulberry32, sum12 } from '../../../../support/random.ts';
import { MINUTE_MS, summaryOf } from '../../../../support/summaries.ts';

const HOUR_MS = 60 * MINUTE_MS;
const MINUTES = planOf([outcome()]);
const HOURS = { window: { ...MINUTES.window, lengthMs: HOUR_MS } };
const PLAN = planOf([outcome()], HOURS);

function block(index: number, losses: { current: number; canary: number }): MaturedOutcome {
  return {
    metric: 'label-loss',
    requestWindowStartMs: index * HOUR_MS,
    requestWindowEndMs: (index + 1) * HOUR_MS,
    pairs: 100,
    labelled: 100,
    because: 'mature',
    lossCurrentSum: losses.current,
    lossCanarySum: losses.canary,
  };
}

/** Hourly windows, each with one block of 100 labels whose losses vary by a tenth. */
function checkAfter(
  blockCount: number,
  loss: { current: number; canary: number },
  plan = PLAN,
  noise = 0.1,
) {
  const random = mulberry32(5);
  const vary = (mean: number) => 100 * mean * (1 + noise * sum12(random));
  const summaries = Array.from({ length: blockCount }, (_, window) =>
    summaryOf({
      window,
      lengthMs: HOUR_MS,
      maturedOutcomes: [block(window, { current: vary(loss.current), canary: vary(loss.canary) })],
    }),
  );
  return checkNamed(judgeAll(plan, summaries).verdicts.at(-1), 'label-loss');
}

describe('the label loss check', () => {
  test('fires on a canary that loses more, in blocks', () => {
    const check = checkAfter(40, { current: 0.4, canary: 0.52 });
    expect(check).toMatchObject({ status: 'fail', asks: 'rollback', countOf: 'blocks' });
    expect(check.canaryCount).toBe(40);
    expect(check.sentence).toMatch(
      /^log loss of the canary on late is 0.5\d*, of the current model 0.\d+, in 4,000 labelled pairs, 40 blocks \(it can decide from 12 blocks on\); limit 1.05 times; evidence 10\^/,
    );
  });

  test('stays silent at its tolerance', () => {
    const check = checkAfter(300, { current: 0.4, canary: 0.42 });
    expect(check.asks).toBe('none');
    expect(check.logEvidence).toBeLessThan(3);
  });

  test('never passes before it could have failed, and says how long that takes', () => {
    const check = checkAfter(4, { current: 0.4, canary: 0.4 });
    expect(check).toMatchObject({
      status: 'inconclusive',
      reason: 'too_few_samples',
      decidableInWindowCount: 8,
    });
  });

  test('cannot tell without a label', () => {
    const check = checkNamed(judgeAll(PLAN, [summaryOf()]).verdicts.at(-1), 'label-loss');
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'no_labels', effect: null });
  });

  test('passes equal losses without variance', () => {
    const check = checkAfter(20, { current: 0.4, canary: 0.4 }, PLAN, 0);
    expect(check).toMatchObject({ status: 'pass', effect: 1 });
  });

  test('reads a loss of zero without a ratio', () => {
    const check = checkAfter(20, { current: 0, canary: 0 }, PLAN, 0);
    expect(check).toMatchObject({ status: 'pass', effect: null });
  });

  test('tolerates what exceeds only one part of the tolerance', () => {
    const plan = planOf([outcome({ tolerance: { ratio: 1.05, difference: 0.2 } })], HOURS);
    expect(checkAfter(60, { current: 0.4, canary: 0.5 }, plan).status).toBe('pass');
    expect(checkAfter(60, { current: 0.4, canary: 0.8 }, plan).status).toBe('fail');
  });

  test('puts minutes together into blocks of a quarter of an hour', () => {
    const summaries = Array.from({ length: 31 }, (_, window) =>
      summaryOf({
        window,
        maturedOutcomes: [
          {
            ...block(0, { current: 40, canary: 40 }),
            requestWindowStartMs: window * MINUTE_MS,
            requestWindowEndMs: (window + 1) * MINUTE_MS,
          },
        ],
      }),
    );
    const check = checkNamed(judgeAll(MINUTES, summaries).verdicts.at(-1), 'label-loss');
    expect(check.canaryCount).toBe(2);
    expect(check.decidableInWindowCount).toBe(10 * 15);
  });

  test('leaves other outcomes and empty blocks alone', () => {
    const other = { ...block(0, { current: 1, canary: 90 }), metric: 'click-rate' };
    const empty = { ...block(0, { current: 0, canary: 0 }), labelled: 0 };
    const summary = summaryOf({ lengthMs: HOUR_MS, maturedOutcomes: [other, empty] });
    const check = checkNamed(judgeAll(PLAN, [summary]).verdicts.at(-1), 'label-loss');
    expect(check.reason).toBe('no_labels');
  });
});
