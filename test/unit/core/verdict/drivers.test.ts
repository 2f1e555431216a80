import { describe, expect, test } from 'vitest';
import { addDrivers, noDriverSums, rankDrivers } from '../../../../src/core/verdict/drivers.ts';
import type { FieldNumbers } from '../../../../src/core/windows/summary.ts';
import { mulberry32 } from '../../../support/random.ts';
import { featureOf, fieldOf, summaryOf } from '../../../support/summaries.ts';
import { draw } from '../../../support/traffic.ts';

const CELLS = ['a', 'b', 'c', 'd', 'e'];

function sumsOf(fields: readonly FieldNumbers[], decided = true) {
  const paired = { compared: decided ? 10_000 : 0, differenceCount: 10_000 };
  return addDrivers(noDriverSums(), summaryOf({ fields, paired, profileHash: 'h1' }), 0);
}

/** 10,000 pairs in five even cells that flip downwards at these rates. */
function flipping(name: string, seed: number, rates: readonly number[], lower = 0): FieldNumbers {
  const random = mulberry32(seed);
  const pairs = rates.map(() => 2_000);
  const flipsDown = rates.map((rate) => draw(random, 2_000, rate));
  const differences = rates.map((rate) => (rate > 0.1 ? -lower : 0));
  return featureOf(name, { cells: CELLS, pairs, flipsDown, differences });
}

const EVEN = [0.03, 0.03, 0.03, 0.03, 0.03];

describe('the drivers of disagreement', () => {
  test('name the feature, its worst cell, how much more and in which direction', () => {
    const [driver] = rankDrivers(
      sumsOf([
        flipping('hour', 1, EVEN),
        flipping('origin', 2, [0.03, 0.03, 0.03, 0.19, 0.03], 0.16),
      ]),
    );
    expect(driver).toMatchObject({
      field: 'origin',
      measure: 'mutual_information',
      cell: 'd',
      cellPairCount: 2_000,
    });
    expect(driver?.cellDisagreementRate).toBeCloseTo(0.19, 1);
    expect(driver?.lift).toBeGreaterThan(2.5);
    expect(driver?.direction).toBeCloseTo(-0.16);
    expect(driver?.strength).toBeGreaterThan(0);
    expect(driver?.shareExplained).toBeGreaterThan(0.05);
  });

  test('put the field that tells most first, and list at most five', () => {
    const fields = [0.08, 0.12, 0.1, 0.3, 0.09, 0.2, 0.15].map((rate, i) =>
      flipping(`f${i}`, i, [0.03, 0.03, 0.03, 0.03, rate]),
    );
    const drivers = rankDrivers(sumsOf(fields));
    expect(drivers.map(({ field }) => field)).toEqual(['f3', 'f5', 'f6', 'f1', 'f2']);
  });

  test('say nothing where chance suffices: one field in a hundred crosses its line', () => {
    const fields = Array.from({ length: 300 }, (_, i) => flipping(`f${i}`, 1_000 + i, EVEN));
    const named = fields.filter((field) => rankDrivers(sumsOf([field])).length > 0);
    expect(named.length).toBeLessThanOrEqual(8);
  });

  test('rank by the score difference where the models decide nothing', () => {
    const pairs = CELLS.map(() => 2_000);
    const field = featureOf('distance', { cells: CELLS, pairs, differences: [0, 0, 0.2, 0, 0] });
    const [driver] = rankDrivers(sumsOf([field], false));
    expect(driver).toMatchObject({ field: 'distance', measure: 'eta_squared', cell: 'c' });
    expect(driver?.direction).toBeCloseTo(0.2);
    expect(driver?.lift).toBeCloseTo(5);
  });

  test('never name a cell with a handful of pairs', () => {
    const field = featureOf('origin', {
      cells: ['ORD', 'XYZ'],
      pairs: [5_000, 5],
      flipsUp: [50, 5],
    });
    expect(rankDrivers(sumsOf([field]))[0]?.cell).toBe('ORD');
  });

  test('sum over the windows of a stage, and begin anew with another stage or profile', () => {
    const window = { fields: [flipping('hour', 1, EVEN)], paired: { compared: 10_000 } };
    const summary = summaryOf({ ...window, profileHash: 'h1' });
    const two = addDrivers(addDrivers(noDriverSums(), summary, 0), summary, 0);
    expect(two.compared).toBe(20_000);
    expect(two.fields[0]?.pairs).toEqual(CELLS.map(() => 4_000));
    expect(addDrivers(two, summary, 60_000).compared).toBe(10_000);
    const other = addDrivers(two, summaryOf({ ...window, profileHash: 'h2' }), 0);
    expect(other.fields[0]?.pairs).toEqual(CELLS.map(() => 2_000));
  });

  test('leave out the score itself, and need a pair', () => {
    expect(rankDrivers(sumsOf([fieldOf('score', [5, 5], [5, 5])]))).toEqual([]);
    expect(rankDrivers(noDriverSums())).toEqual([]);
    const none = featureOf('hour', { cells: CELLS, pairs: [0, 0, 0, 0, 0] });
    expect(rankDrivers(sumsOf([none]))).toEqual([]);
    expect(rankDrivers(sumsOf([none], false))).toEqual([]);
  });
});
