import { describe, expect, test } from 'vitest';
import type { StageRef } from '../../../../../src/core/events/verdict.ts';
import { rankingsDiffer } from '../../../../../src/core/verdict/checks/rankings.ts';
import type { PairedNumbers, WindowSummary } from '../../../../../src/core/windows/summary.ts';
import { checkNamed, judgeAll, SHADOW } from '../../../../support/judging.ts';
import { disagreement, planOf, segment } from '../../../../support/plans.ts';
import { featureOf, summaryOf } from '../../../../support/summaries.ts';

const RULE = { itemCount: 10, overlapMin: 0.6 };
const BY_ITEMS = { decision: { threshold: null, tolerance: null, ranking: RULE } };
const SPLIT: StageRef = { index: 1, share: 0.05, fromMs: 0 };

/** 1,000 pairs of which so many differ; the means are those of all of them. */
function rankings(differing: number): Partial<PairedNumbers> {
  return {
    compared: 1_000,
    flipsDown: differing,
    rankings: {
      compared: 1_000,
      firstItemChanged: 310,
      overlapSum: 710,
      rankBiasedOverlapSum: 780,
      overlapCells: Array.from({ length: 11 }, () => 0),
    },
  };
}

function windowsOf(count: number, paired: Partial<PairedNumbers>): readonly WindowSummary[] {
  return Array.from({ length: count }, (_, window) => summaryOf({ window, paired }));
}

const byDefault = disagreement({ of: 'minority', max: 0.5, limitWritten: false, onFail: 'hold' });

function checkOf(
  summaries: readonly WindowSummary[],
  metric = disagreement({ max: 0.05 }),
  stage = SHADOW,
) {
  const { verdicts } = judgeAll(planOf([metric], BY_ITEMS), summaries, stage);
  return checkNamed(verdicts.at(-1), 'disagreement');
}

describe('the disagreement of rankings', () => {
  test('rolls back at a written limit, and says how far they lie apart, not which way', () => {
    const check = checkOf(windowsOf(3, rankings(120)));
    expect(check).toMatchObject({ status: 'fail', asks: 'rollback', effect: 0.12 });
    expect(check.sentence).toMatch(
      /^the first 10 items overlap by less than 60 % in 12 % of 3,000 pairs( of this stage)?; the first item changed in 31 %, mean overlap 0\.71, RBO 0\.78; limit 5 %; evidence 10\^\d+\.\d to 1 against$/,
    );
    expect(check.sentence).not.toMatch(/upwards|downwards/);
  });

  test('is of all pairs at the default limit too: no ranking is that of a majority', () => {
    const check = checkOf(windowsOf(3, rankings(1_000)), byDefault);
    expect(check).toMatchObject({ status: 'fail', asks: 'hold', effect: 1, canaryCount: 3_000 });
    expect(checkOf(windowsOf(3, rankings(300)), byDefault).status).toBe('pass');
    expect(checkOf(windowsOf(3, rankings(1_000)), byDefault, SPLIT).asks).toBe('warn');
  });

  test('does not wait for a profile, even where a label is logged beside', () => {
    const agreement = {
      labels: ['a', 'other'],
      counts: [
        [1_000, 0],
        [0, 0],
      ],
    };
    const check = checkOf(windowsOf(3, { ...rankings(40), agreement }));
    expect(check).toMatchObject({ status: 'pass', canaryCount: 3_000, effect: 0.04 });
  });

  test('quotes the means of the latest windows with their rate', () => {
    const before = windowsOf(60, { ...rankings(0), rankings: meansOf(1_000) });
    const after = windowsOf(4, { ...rankings(900), rankings: meansOf(200) }).map((one, i) => ({
      ...one,
      windowStartMs: (60 + i) * 60_000,
      windowEndMs: (61 + i) * 60_000,
    }));
    const { sentence } = checkOf([...before, ...after]);
    expect(sentence).toContain('of the latest windows; ');
    expect(sentence).toMatch(/mean overlap 0\.2\d*,/);
  });

  test('without items on either side cannot tell, and says what to log', () => {
    const summaries = [summaryOf({ counts: { matched: 500 } })];
    const check = checkOf(summaries);
    expect(check).toMatchObject({ status: 'inconclusive', reason: 'no_decision' });
    expect(check.sentence).toContain('neither ranks items');
  });
});

function meansOf(overlapSum: number): NonNullable<PairedNumbers['rankings']> {
  const numbers = rankings(0).rankings;
  if (numbers === null || numbers === undefined) throw new Error('there are rankings');
  return { ...numbers, overlapSum };
}

test('a segment of rankings is named without a direction', () => {
  const fields = [
    featureOf('origin', {
      cells: ['ORD', 'EWR', 'null'],
      pairs: [950, 50, 0],
      flipsDown: [10, 40, 0],
    }),
  ];
  const summaries = Array.from({ length: 20 }, (_, window) =>
    summaryOf({ window, profileHash: 'h1', paired: { compared: 1_000 }, fields }),
  );
  const { verdicts } = judgeAll(planOf([segment()], BY_ITEMS), summaries);
  const check = checkNamed(verdicts.at(-1), 'segments');
  expect(check).toMatchObject({ status: 'fail', asks: 'rollback', effect: 0.8 });
  expect(check.sentence).toMatch(
    /^the first 10 items overlap by less than 60 % in 80 % of 1,000 pairs where origin is EWR, the worst cell; /,
  );
});

test('of one item it is the item that differs', () => {
  expect(rankingsDiffer({ itemCount: 1, overlapMin: 1 })).toBe('the first item differs');
});
