import { describe, expect, test } from 'vitest';
import { checkNamed, judgeAll } from '../../../../support/judging.ts';
import { planOf, sampleRatio } from '../../../../support/plans.ts';
import { summaryOf } from '../../../../support/summaries.ts';

const PLAN = planOf([sampleRatio()]);

function checkAfter(windowCount: number, served: { current: number; canary: number }, share = 0.1) {
  const summaries = Array.from({ length: windowCount }, (_, window) =>
    summaryOf({
      window,
      current: { served: served.current, predictions: served.current },
      canary: { served: served.canary, predictions: served.canary },
    }),
  );
  const stage = { index: 1, share, fromMs: 0 };
  return checkNamed(judgeAll(PLAN, summaries, stage).verdicts.at(-1), 'sample-ratio');
}

describe('the sample ratio check', () => {
  test.each([
    { what: 'too few', canary: 40 },
    { what: 'too many', canary: 220 },
  ])('holds when the canary serves $what', ({ canary }) => {
    const check = checkAfter(20, { current: 900, canary });
    expect(check).toMatchObject({ nature: 'health', status: 'fail', asks: 'hold' });
    expect(check.sentence).toMatch(
      /^the canary served [\d.]+ % of \d+,\d+ answers, configured are 10 %; tolerated is a factor of 1.25 either way; evidence/,
    );
  });

  test('stays silent at the configured share, and within its tolerance', () => {
    expect(checkAfter(200, { current: 900, canary: 100 }).status).toBe('pass');
    expect(checkAfter(200, { current: 880, canary: 120 }).status).toBe('pass');
  });

  test('is not asked at shares of 0 and 1', () => {
    expect(checkAfter(3, { current: 900, canary: 0 }, 0).reason).toBe('not_served_here');
    expect(checkAfter(3, { current: 0, canary: 900 }, 1).reason).toBe('not_served_here');
  });

  test('cannot tell when nothing was served', () => {
    expect(checkAfter(3, { current: 0, canary: 0 })).toMatchObject({
      status: 'inconclusive',
      reason: 'no_data',
    });
  });
});
