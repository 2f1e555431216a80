import { expect, test } from 'vitest';
import {
  count,
  counted,
  duration,
  evidence,
  figure,
  percent,
  points,
  probability,
  quantileName,
  stageName,
} from '../../../../src/core/verdict/sentence.ts';

test('numbers are read as people write them', () => {
  expect(figure(0.03149)).toBe('0.0315');
  expect(figure(0)).toBe('0');
  expect(percent(0.17123)).toBe('17.1 %');
  expect(percent(1)).toBe('100 %');
  expect(points(0.005)).toBe('0.5 points');
  expect(probability(0.0358)).toBe('0.0358');
  expect(probability(1e-9)).toBe('below 0.001');
});

test('counts have commas between thousands, and their noun', () => {
  expect([0, 999, 4_512, 1_234_567].map(count)).toEqual(['0', '999', '4,512', '1,234,567']);
  expect(counted(1, 'pair')).toBe('1 pair');
  expect(counted(1_000, 'pair')).toBe('1,000 pairs');
});

test('evidence is odds, in powers of ten once they are large', () => {
  expect(evidence(-3)).toBe('no evidence against');
  expect(evidence(0)).toBe('no evidence against');
  expect(evidence(1e-16)).toBe('no evidence against');
  expect(evidence(Math.log(3.2))).toBe('evidence 3.2 to 1 against');
  expect(evidence(11.97)).toBe('evidence 10^5.2 to 1 against');
});

test('lengths of time have the two largest units that fit', () => {
  expect([500, 90_000, 5_400_000, 172_800_000, 169_200_000].map(duration)).toEqual([
    '500 ms',
    '1 min 30 s',
    '1 h 30 min',
    '2 d',
    '1 d 23 h',
  ]);
});

test('stages and quantiles have names', () => {
  expect([0, 0.05, 1].map(stageName)).toEqual(['shadow', '5 %', '100 %']);
  expect([0.5, 0.95, 0.999].map(quantileName)).toEqual(['p50', 'p95', 'p99.9']);
});
