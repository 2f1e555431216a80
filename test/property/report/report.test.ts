import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reportShape } from '../../../src/app/report/report-shape.ts';
import { reportOf } from '../../../src/core/report/report-of.ts';
import { reportInputOf } from '../../support/judged-rollout.ts';
import { SMALL_PLAN, shadowWindow, splitWindow } from '../../support/reported.ts';

const errors = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 8 }) }, fc.nat(402));

/** Windows of a rollout, some of them missing, in shadow or split, with more or fewer errors. */
const anyRollout = fc
  .array(
    fc.record({
      errors,
      isSplit: fc.boolean(),
      skipped: fc.nat(2),
      partition: fc.option(fc.nat(3)),
    }),
    { maxLength: 14 },
  )
  .map((drawn) => {
    let window = 0;
    return drawn.map(({ errors: failed, isSplit, skipped, partition }) => {
      window += 1 + skipped;
      const current = { predictions: 402, served: 402, errors: 4 };
      const canary = { predictions: 402, errors: failed };
      const summary = isSplit
        ? splitWindow(window, failed)
        : shadowWindow(window, { current, canary });
      return { ...summary, missingPartitions: partition === null ? [] : [partition] };
    });
  });

describe('the report of any rollout', () => {
  test('has a point of every check for every verdict, and its statuses add up', () => {
    fc.assert(
      fc.property(anyRollout, (summaries) => {
        const input = reportInputOf(SMALL_PLAN, summaries);
        const { checks, average, windows } = reportOf(input);
        expect(average.series).toHaveLength(input.verdicts.length);
        expect(windows).toHaveLength(input.verdicts.length);
        for (const { series, statusCounts } of checks) {
          expect(series).toHaveLength(input.verdicts.length);
          const { pass, fail, inconclusive, error } = statusCounts;
          expect(pass + fail + inconclusive + error).toBe(series.length);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('has contributions that sum to the average of e-values', () => {
    fc.assert(
      fc.property(anyRollout, (summaries) => {
        const { average } = reportOf(reportInputOf(SMALL_PLAN, summaries));
        if (average.cash === null || average.logEvidence === null) return;
        const { contributions, cash, logEvidence } = average;
        const shares = contributions.reduce((sum, { share }) => sum + share, cash.share);
        expect(shares).toBeCloseTo(1, 9);
        const sum = contributions.reduce(
          (total, part) => total + part.weight * Math.exp(part.logEvidence - logEvidence),
          cash.weight * Math.exp(-logEvidence),
        );
        expect(sum).toBeCloseTo(1, 6);
      }),
      { numRuns: 60 },
    );
  });

  test('has an account that is the sum of its windows, and stages that share them out', () => {
    fc.assert(
      fc.property(anyRollout, (summaries) => {
        const { account, windows, stages, gaps } = reportOf(reportInputOf(SMALL_PLAN, summaries));
        expect(account.matched).toBe(windows.reduce((sum, one) => sum + one.counts.matched, 0));
        expect(account.canary.errors).toBe(
          windows.reduce((sum, { canary }) => sum + canary.errors, 0),
        );
        expect(stages.reduce((sum, { windowCount }) => sum + windowCount, 0)).toBe(windows.length);
        const [first, last] = [windows.at(0), windows.at(-1)];
        const empty = gaps.reduce((sum, { windowCount }) => sum + windowCount, 0);
        if (first === undefined || last === undefined) return;
        const spanned = (last.windowEndMs - first.windowStartMs) / 60_000;
        expect(windows.length + empty).toBe(spanned);
      }),
      { numRuns: 60 },
    );
  });

  test('is a document of its schema, and JSON says all of it', () => {
    fc.assert(
      fc.property(anyRollout, (summaries) => {
        const report = reportOf(reportInputOf(SMALL_PLAN, summaries));
        expect(reportShape.safeParse(report).error).toBeUndefined();
        expect(JSON.parse(JSON.stringify(report))).toEqual(report);
      }),
      { numRuns: 40 },
    );
  });
});
