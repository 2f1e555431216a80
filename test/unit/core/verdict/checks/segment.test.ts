import { describe, expect, test } from 'vitest';
import type { StageRef } from '../../../../../src/core/events/verdict.ts';
import { checkNamed, judgeAll, SHADOW } from '../../../../support/judging.ts';
import { planOf, segment } from '../../../../support/plans.ts';
import { mulberry32 } from '../../../../support/random.ts';
import { featureOf, summaryOf } from '../../../../support/summaries.ts';
import { draw } from '../../../../support/traffic.ts';

const SPLIT: StageRef = { index: 1, share: 0.05, fromMs: 0 };
const ORIGINS = ['ORD', 'ATL', 'EWR', 'null'];

/** Windows of 1,000 pairs, 50 of them from EWR; flips downwards at 3 %, in EWR at its own rate. */
function windowsOf(count: number, ewr: number, profileHash: string | null = 'h1') {
  const random = mulberry32(9);
  return Array.from({ length: count }, (_, window) => {
    const pairs = [600, 350, 50, 0];
    const flipsDown = pairs.map((n, i) => draw(random, n, i === 2 ? ewr : 0.03));
    return summaryOf({
      window,
      profileHash,
      paired: { compared: 1_000 },
      fields:
        profileHash === null ? [] : [featureOf('origin', { cells: ORIGINS, pairs, flipsDown })],
    });
  });
}

function lastOf(
  summaries: ReturnType<typeof windowsOf>,
  over: Parameters<typeof segment>[0] = {},
  stage = SHADOW,
) {
  const plan = planOf([segment(over)]);
  return checkNamed(judgeAll(plan, summaries, stage).verdicts.at(-1), 'segments');
}

describe('the segment check', () => {
  test('quotes the window of a storm, not the calm total beside an alarm', () => {
    const cells = (flipsDown: number) => [
      featureOf('origin', {
        cells: ['ORD', 'EWR'],
        pairs: [1_000, 100],
        flipsDown: [0, flipsDown],
      }),
    ];
    const summaries = Array.from({ length: 61 }, (_, window) =>
      summaryOf({ window, profileHash: 'h1', fields: cells(window === 60 ? 95 : 3) }),
    );
    const check = checkNamed(
      judgeAll(planOf([segment({ critical: true })]), summaries, SHADOW).verdicts.at(-1),
      'segments',
    );
    expect(check).toMatchObject({ status: 'fail', effect: 0.95, canaryCount: 100 });
    expect(check?.sentence).toContain('in 95 % of 100 pairs of this window where origin is EWR');
  });

  test('names the cell and the direction of a fault in one twentieth of the traffic', () => {
    const check = lastOf(windowsOf(20, 0.6));
    expect(check).toMatchObject({
      nature: 'difference',
      status: 'fail',
      asks: 'rollback',
      reason: 'limit_crossed',
      canaryCount: 1_000,
    });
    expect(check.sentence).toMatch(
      /^canary answers flip downwards in [56]\d(\.\d)? % of 1,000 pairs where origin is EWR, the worst cell; limit 25 %; over all cells evidence 10\^\d+\.\d to 1 against$/,
    );
  });

  test('holds where the plan says hold', () => {
    expect(lastOf(windowsOf(20, 0.6), { onFail: 'hold' })).toMatchObject({
      status: 'fail',
      asks: 'hold',
      logEvidence: null,
    });
  });

  test('at a default limit holds in shadow and only warns in a split stage', () => {
    const byDefault = { limitWritten: false, onFail: 'hold' } as const;
    expect(lastOf(windowsOf(20, 0.6), byDefault)).toMatchObject({
      status: 'fail',
      asks: 'hold',
      logEvidence: null,
    });
    expect(lastOf(windowsOf(20, 0.6), byDefault, SPLIT)).toMatchObject({
      status: 'fail',
      asks: 'warn',
    });
    expect(lastOf(windowsOf(20, 0.6), { onFail: 'hold' }, SPLIT).asks).toBe('hold');
  });

  test('never rolls back at a default limit, and only warns where the plan says warn', () => {
    const asks = (onFail: 'rollback' | 'warn') =>
      lastOf(windowsOf(20, 0.6), { limitWritten: false, onFail }).asks;
    expect(asks('rollback')).toBe('hold');
    expect(asks('warn')).toBe('warn');
  });

  test('stays silent exactly at its limit', () => {
    const check = lastOf(windowsOf(200, 0.25));
    expect(check.asks).toBe('none');
    expect(check.logEvidence).toBeLessThan(2);
  });

  test('tests no cell before it has its least number of pairs', () => {
    const early = lastOf(windowsOf(4, 1));
    expect(early.logEvidence).toBeLessThanOrEqual(0);
    const few = lastOf(windowsOf(2, 1), { minPairCount: 5_000 });
    expect(few).toMatchObject({ status: 'inconclusive', reason: 'too_few_pairs' });
    expect(few.sentence).toBe('no cell has 5,000 pairs yet');
  });

  test('cannot tell without cells, nor without pairs in a split stage', () => {
    expect(lastOf(windowsOf(2, 0.6, null)).reason).toBe('no_profile');
    expect(lastOf([summaryOf()], {}, SPLIT).reason).toBe('not_paired_here');
  });

  test('says what to do where nothing is logged that could be cut into cells', () => {
    const scoresOnly = { profileHash: 'h1', counts: { matched: 10 }, paired: { compared: 10 } };
    const check = lastOf([summaryOf({ window: 0, ...scoresOnly })]);
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'no_data' });
    expect(check.sentence).toContain('take this metric out of the plan');
  });

  test('carries its evidence over to a new profile, whose cells it counts anew', () => {
    const before = windowsOf(20, 0.6);
    const after = windowsOf(21, 0.03, 'h2').slice(20);
    const check = lastOf([...before, ...after]);
    expect(check.logEvidence).toBeGreaterThan(5);
    expect(check.canaryCount).toBeLessThan(1_000);
  });
});
