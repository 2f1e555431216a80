import { describe, expect, test } from 'vitest';
import { defaultMetrics } from '../../../src/app/plan/defaults.ts';
import type { WindowSummary } from '../../../src/core/windows/summary.ts';
import { checkNamed, passedStages, type Rehearsal, rehearse } from '../../support/judging.ts';
import { planOf, stepOf } from '../../support/plans.ts';
import { mulberry32 } from '../../support/random.ts';
import { ALIKE, type Behaviour, trafficWindow } from '../../support/traffic.ts';

const SHADOW_FIRST = [stepOf(0), stepOf(0.1), stepOf(1)];
const SPLIT_FIRST = [stepOf(0.1), stepOf(1)];
/** A canary that answers the opposite: its scores are spread as before. */
const MIRROR_IMAGE = { flips: 1 };

function run(
  steps: readonly ReturnType<typeof stepOf>[],
  behaviour: Partial<Behaviour>,
  logged: (summary: WindowSummary) => WindowSummary = (summary) => summary,
): Rehearsal {
  const random = mulberry32(11);
  return rehearse(planOf(defaultMetrics(), { steps }), 120, (window, stage) =>
    logged(trafficWindow(random, { ...ALIKE, mirrored: true, ...behaviour }, { window, stage })),
  );
}

/** As counted where neither a label nor the plan says when two scores disagree. */
function undecided(summary: WindowSummary): WindowSummary {
  const none = { compared: 0, flipsUp: 0, flipsDown: 0, bothPositive: 0, bothNegative: 0 };
  return { ...summary, paired: { ...summary.paired, ...none } };
}

/** As counted where scores are compared by tolerance. */
function byTolerance(summary: WindowSummary): WindowSummary {
  return { ...summary, paired: { ...summary.paired, bothPositive: 0, bothNegative: 0 } };
}

describe('the default metrics', () => {
  test.each([
    ['a plan that begins in shadow', SHADOW_FIRST],
    ['a plan that begins with a split', SPLIT_FIRST],
  ])('never pass a mirror image, in %s', (_, steps) => {
    const rehearsal = run(steps, MIRROR_IMAGE);
    expect(passedStages(rehearsal)).toEqual([]);
    const last = rehearsal.verdicts.at(-1);
    expect(last?.decision).toBe('hold');
    expect(checkNamed(last, 'disagreement')).toMatchObject({ status: 'fail', asks: 'hold' });
  });

  test.each([
    ['a plan that begins in shadow', SHADOW_FIRST],
    ['a plan that begins with a split', SPLIT_FIRST],
  ])('pass nobody whose answers cannot be compared, in %s', (_, steps) => {
    const rehearsal = run(steps, MIRROR_IMAGE, undecided);
    expect(passedStages(rehearsal)).toEqual([]);
    expect(checkNamed(rehearsal.verdicts.at(-1), 'disagreement').reason).toBe('no_decision');
  });

  test('see a third of scores beyond the tolerance as a third, not as all of a minority', () => {
    const rehearsal = run(SHADOW_FIRST, { flips: 0.3 }, byTolerance);
    const check = checkNamed(rehearsal.verdicts.at(-1), 'disagreement');
    expect(check.status).toBe('pass');
    expect(check.effect).toBeCloseTo(0.3, 1);
  });
});
