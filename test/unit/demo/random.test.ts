import { expect, test } from 'vitest';
import { randomStream, sampleRows, standardNormal } from '../../../src/demo/random.ts';

test('a seed always gives the same numbers, and another seed gives others', () => {
  const first = randomStream(1);
  const again = randomStream(1);
  const other = randomStream(2);
  expect(first()).toBe(0.6270739405881613);
  expect(again()).toBe(0.6270739405881613);
  expect(other()).not.toBe(0.6270739405881613);
});

test('normal draws have mean 0 and standard deviation 1', () => {
  const random = randomStream(3);
  const draws = Array.from({ length: 20_000 }, () => standardNormal(random));
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.04);
});

test('a sample has the asked size, rises, and repeats no row', () => {
  const rows = sampleRows(1000, 200, randomStream(4));
  expect(rows).toHaveLength(200);
  expect(new Set(rows).size).toBe(200);
  expect([...rows]).toEqual([...rows].sort((a, b) => a - b));
  expect(rows.at(-1)).toBeLessThan(1000);
});

test('a sample larger than the rows is all rows', () => {
  expect([...sampleRows(3, 10, randomStream(5))]).toEqual([0, 1, 2]);
});

test('every row is sampled about equally often', () => {
  const random = randomStream(6);
  const counts = new Float64Array(10);
  for (let k = 0; k < 2000; k++) {
    for (const row of sampleRows(10, 3, random)) counts[row] = Number(counts[row]) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 600)).toBeLessThan(90);
});
