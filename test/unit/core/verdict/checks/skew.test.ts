import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StageRef } from '../../../../../src/core/events/verdict.ts';
import type { FieldNumbers, SkewNumbers } from '../../../../../src/core/windows/summary.ts';
import { checkNamed, judgeAll, SHADOW } from '../../../../support/judging.ts';
import { planOf, skew } from '../../../../support/plans.ts';
import { mulberry32 } from '../../../../support/random.ts';
import { featureOf, NO_SKEW, summaryOf } from '../../../../support/summaries.ts';
import { draw } from '../../../../support/traffic.ts';

const SPLIT: StageRef = { index: 1, share: 0.05, fromMs: 0 };
const TRIGGER = { limitWritten: true, onFail: 'rollback', weight: 0.5 } as const;

const NAMES = Array.from({ length: 40 }, (_, i) => `f${i}`);

/** A feature of which so many of 1,000 pairs differ in this way. */
function featureWith(name: string, over: Partial<SkewNumbers>): FieldNumbers {
  const field = featureOf(name, { cells: ['a', 'null'], pairs: [1_000, 0] });
  return { ...field, skew: { ...NO_SKEW, compared: 1_000, ...over } };
}

function lastOf(
  fields: readonly FieldNumbers[],
  at: {
    readonly windows?: number;
    readonly over?: Parameters<typeof skew>[0];
    readonly stage?: StageRef;
  } = {},
) {
  const { windows = 6, over = {}, stage = SHADOW } = at;
  const profileHash = fields.length === 0 ? null : 'h1';
  const summaries = Array.from({ length: windows }, (_, window) =>
    summaryOf({ window, profileHash, fields: [...fields] }),
  );
  const last = judgeAll(planOf([skew(over)]), summaries, stage).verdicts.at(-1);
  return { check: checkNamed(last, 'skew'), last };
}

const calm = featureWith('age', {});
const lost = featureWith('amount', { differing: 120, canaryNull: 120 });
const scaled = featureWith('income', {
  differing: 300,
  canaryHigher: 300,
  differenceSum: 900,
  differenceSizeSum: 900,
});

describe('the skew check', () => {
  test('passes where both versions were fed alike', () => {
    const { check } = lastOf([calm]);
    expect(check).toMatchObject({ status: 'pass', reason: 'within_tolerance', effect: 0 });
  });

  test('names the field, how often it differs, and that the canary has none', () => {
    const { check } = lastOf([calm, lost]);
    expect(check).toMatchObject({ status: 'fail', asks: 'warn', nature: 'difference' });
    expect(check?.sentence).toContain(
      'amount differs between the two logs of one request in 12 % of 6,000 pairs (null for the canary in 100 % of them); limit 1 %',
    );
  });

  test('says direction and size of numbers, and which other fields are beyond the limit', () => {
    const { check } = lastOf([lost, scaled]);
    expect(check?.sentence).toContain(
      "income differs between the two logs of one request in 30 % of 6,000 pairs (the canary's higher, 3 apart on average), also amount (12 %)",
    );
    const mixed = featureWith('income', {
      differing: 300,
      canaryHigher: 150,
      differenceSum: 0,
      differenceSizeSum: 600,
    });
    expect(lastOf([mixed]).check?.sentence).toContain(
      "(the canary's higher in 50 %, 2 apart on average)",
    );
  });

  test('quotes the window of a late fault, not the calm total beside an alarm', () => {
    const summaries = Array.from({ length: 61 }, (_, window) =>
      summaryOf({ window, profileHash: 'h1', fields: [window === 60 ? lost : calm] }),
    ).map((summary) => ({
      ...summary,
      fields: summary.fields.map((field) => ({ ...field, field: calm.field })),
    }));
    const last = judgeAll(planOf([skew({ critical: true })]), summaries, SHADOW).verdicts.at(-1);
    const check = checkNamed(last, 'skew');
    expect(check).toMatchObject({ status: 'fail', effect: 0.12, canaryCount: 1_000 });
    expect(check?.sentence).toContain('in 12 % of 1,000 pairs of this window (null for the canary');
  });

  test('waits for pairs in a split stage that is mirrored', () => {
    const summaries = [summaryOf({ window: 0, profileHash: 'h1', fields: [calm] })];
    const metric = skew({ onFail: 'hold', minPairCount: 5_000 });
    const mirrored = planOf([metric], { mirror: { current: 1, canary: 0.1 } });
    const said = (plan: typeof mirrored) =>
      checkNamed(judgeAll(plan, summaries, SPLIT).verdicts.at(-1), 'skew')?.reason;
    expect(said(mirrored)).toBe('too_few_pairs');
    expect(said(planOf([metric]))).toBe('not_paired_here');
  });

  test('rolls back at a limit that the user wrote, and only there', () => {
    expect(lastOf([scaled], { over: TRIGGER }).last?.decision).toBe('rollback');
    expect(lastOf([scaled]).last?.decision).not.toBe('rollback');
  });

  test('counts evidence of an earlier profile beside that of a new one', () => {
    const before = summaryOf({ window: 0, profileHash: 'h1', fields: [scaled] });
    const windows = [
      before,
      { ...before, ...summaryOf({ window: 1, profileHash: 'h1', fields: [scaled] }) },
      summaryOf({ window: 2, profileHash: 'h2', fields: [calm] }),
    ];
    const last = judgeAll(planOf([skew(TRIGGER)]), windows, SHADOW).verdicts.at(-1);
    expect(checkNamed(last, 'skew')?.logEvidence).toBeGreaterThan(10);
  });

  test('cannot tell without cells, fields or pairs, and says which', () => {
    expect(lastOf([]).check).toMatchObject({ status: 'inconclusive', reason: 'no_profile' });
    const score = { ...calm, skew: null };
    expect(lastOf([score]).check).toMatchObject({ status: 'inconclusive', reason: 'no_data' });
    const few = featureWith('age', { compared: 10 });
    expect(lastOf([few]).check).toMatchObject({ status: 'inconclusive', reason: 'too_few_pairs' });
    expect(lastOf([few], { stage: SPLIT }).check).toMatchObject({ reason: 'not_paired_here' });
  });

  test('never gives NaN, nor passes without pairs, whatever the counts', () => {
    const numbers = fc
      .tuple(fc.nat({ max: 10_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(2))
      .map(([compared, share, kind]): Partial<SkewNumbers> => {
        const differing = Math.round(compared * share);
        const of = ['canaryNull', 'currentNull', 'canaryHigher'][kind] ?? 'canaryNull';
        return { compared, differing, [of]: differing };
      });
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 1, maxLength: 4 }), (windows) => {
        const fields = windows.map((one, i) => featureWith(`f${i}`, one));
        const { check } = lastOf(fields, { windows: 3, over: TRIGGER });
        expect(Number.isFinite(check?.logEvidence)).toBe(true);
        expect(check?.sentence).not.toContain('NaN');
        const isSeen = windows.some(({ compared = 0 }) => 3 * compared >= 200);
        expect(check?.status === 'pass' && !isSeen).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  test('stays below its false-alarm rate at the limit, among forty fields and at every look', () => {
    const random = mulberry32(77);
    const runs = 200;
    let alarms = 0;
    for (let run = 0; run < runs; run += 1) {
      const summaries = Array.from({ length: 30 }, (_, window) =>
        summaryOf({
          window,
          profileHash: 'h1',
          fields: NAMES.map((name) => featureWith(name, { differing: draw(random, 1_000, 0.01) })),
        }),
      );
      const plan = planOf([skew({ critical: true })], { falseHoldRate: 0.05 });
      const { verdicts } = judgeAll(plan, summaries, SHADOW);
      if (verdicts.some((one) => checkNamed(one, 'skew')?.status === 'fail')) alarms += 1;
    }
    expect(alarms).toBeLessThanOrEqual(0.05 * runs);
  });
});
