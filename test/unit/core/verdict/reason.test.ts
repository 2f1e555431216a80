import { describe, expect, test } from 'vitest';
import type { Metric } from '../../../../src/core/events/plan.ts';
import type { Driver } from '../../../../src/core/events/verdict.ts';
import { cannotTell } from '../../../../src/core/verdict/checks/check.ts';
import { type DriverSums, noDriverSums } from '../../../../src/core/verdict/drivers.ts';
import type { Judged } from '../../../../src/core/verdict/promotion.ts';
import { rollbackReason } from '../../../../src/core/verdict/reason.ts';
import { disagreement, errorRate, missing, segment } from '../../../support/plans.ts';

const AVERAGE = { logEvidence: Math.log(150), logLimit: Math.log(100) };

function judged(metric: Metric, logEvidence: number, asks: 'rollback' | 'none'): Judged {
  const rest = { gate: 'unknown', countOf: 'pairs', effectOf: 'rate', logEvidence } as const;
  const sentence = `${metric.name} has ${logEvidence} against it`;
  return { metric, finding: { ...cannotTell('no_data', sentence, rest), asks } };
}

function driverOf(over: Partial<Driver> = {}): Driver {
  return {
    field: 'destination',
    measure: 'mutual_information',
    strength: 0.1,
    shareExplained: 0.2,
    lift: 3.6,
    cell: 'DFW',
    cellPairCount: 1_112,
    cellDisagreementRate: 0.938,
    direction: -0.312,
    ...over,
  };
}

function reasonOf(
  checks: readonly Judged[],
  drivers: readonly Driver[] = [],
  parts: Parameters<typeof rollbackReason>[0]['parts'] = [],
): string {
  return rollbackReason({ judged: checks, parts, drivers, sums: noDriverSums() }, AVERAGE);
}

/** A stage whose scores differ by these sums in the two cells of `origin`. */
function stageSums(over: Partial<DriverSums['fields'][number]> = {}, scored = 30): DriverSums {
  const none = [0, 0];
  const field = { name: 'context.origin', role: 'context', kind: 'category' } as const;
  const cells = { field, cells: ['EWR', 'JFK'], pairs: [20, 10], flipsUp: none, flipsDown: none };
  const sums = { differenceSums: [-3.2, 1], differenceSquareSums: none };
  return { ...noDriverSums(), scored, fields: [{ ...cells, ...sums, ...over }] };
}

function reasonAt(cell: number, sums: DriverSums): string {
  const { metric, finding } = judged(segment(), 9, 'rollback');
  const place = { fieldName: 'context.origin', cell };
  const checks = [{ metric, finding: { ...finding, place } }];
  return rollbackReason({ judged: checks, parts: [], drivers: [driverOf()], sums }, AVERAGE);
}

describe('the reason of a rollback', () => {
  test('is what each check says that crossed its own line, the strongest first', () => {
    const checks = [
      judged(missing(), 5, 'rollback'),
      judged(errorRate(), 9, 'rollback'),
      judged(disagreement(), 20, 'none'),
    ];
    expect(reasonOf(checks)).toBe(
      'error-rate: error-rate has 9 against it; missing: missing has 5 against it',
    );
  });

  test('says where the models disagree most, when they disagree too much', () => {
    const checks = [judged(disagreement(), 9, 'rollback')];
    expect(reasonOf(checks, [driverOf(), driverOf({ field: 'carrier' })])).toMatch(
      /; most where destination is DFW \(93\.8 % of 1,112 pairs, canary scores 0\.312 lower\)$/,
    );
    expect(reasonOf(checks, [driverOf({ direction: 0.2 })])).toContain('scores 0.2 higher');
    expect(reasonOf(checks, [driverOf({ direction: null })])).toMatch(
      /\(93\.8 % of 1,112 pairs\)$/,
    );
    expect(reasonOf(checks, [driverOf({ measure: 'eta_squared' })])).toContain('(1,112 pairs, ');
  });

  test('leaves the drivers out when nothing that crossed is about disagreement', () => {
    expect(reasonOf([judged(errorRate(), 9, 'rollback')], [driverOf()])).not.toContain('DFW');
  });

  test('says how scores moved in the cell that crossed, over the pairs of the stage', () => {
    expect(reasonAt(0, stageSums())).toBe(
      'segments: segments has 9 against it; canary scores 0.16 lower there (mean of 20 pairs of this stage)',
    );
    expect(reasonAt(1, stageSums())).toContain(
      '; canary scores 0.1 higher there (mean of 10 pairs of this stage)',
    );
  });

  test('says nothing of scores that there are none of, or that did not move', () => {
    const bare = 'segments: segments has 9 against it';
    expect(reasonAt(0, stageSums({}, 0))).toBe(bare);
    expect(reasonAt(0, stageSums({ differenceSums: [0, 1] }))).toBe(bare);
    expect(reasonAt(0, stageSums({ pairs: [0, 10] }))).toBe(bare);
    expect(reasonAt(0, noDriverSums())).toBe(bare);
  });

  test('names what each check brings when only the average crossed', () => {
    const parts = [
      { name: 'missing', weight: 0.25, logEvidence: Math.log(40) },
      { name: 'error-rate', weight: 0.5, logEvidence: Math.log(280) },
    ];
    expect(reasonOf([judged(errorRate(), 3, 'none')], [], parts)).toBe(
      'no check alone, all together: evidence 10^2.2 to 1 against, limit 100 to 1 (error-rate 140, missing 10)',
    );
  });
});
