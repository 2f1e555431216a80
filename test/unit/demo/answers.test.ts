import { expect, test } from 'vitest';
import { answersOf } from '../../../src/demo/answers.ts';

const COUNT = 20_000;
const departureMs = new Float64Array(COUNT).fill(1_000_000);
const matrix = { rowCount: COUNT, columnCount: 0, values: new Float64Array(0) };

function answersWith(seed: number) {
  const scores = new Float64Array(COUNT);
  return answersOf({ version: 'v1', departureMs, features: matrix, scores, seed });
}

function quantile(values: Float64Array, share: number): number {
  return Number(values.toSorted()[Math.floor(share * values.length)]);
}

test('latencies of two versions differ answer by answer but follow one law', () => {
  const first = answersWith(1).latencyMs;
  const second = answersWith(2).latencyMs;
  expect(first).not.toEqual(second);
  for (const share of [0.5, 0.95]) {
    expect(quantile(first, share) / quantile(second, share)).toBeCloseTo(1, 1);
  }
  expect(quantile(first, 0.5)).toBeCloseTo(12, 0);
});

test('the same seed gives the same latencies', () => {
  expect(answersWith(3).latencyMs).toEqual(answersWith(3).latencyMs);
});

test('an answer is given its latency after the departure, in whole milliseconds', () => {
  const { latencyMs, eventTimeMs } = answersWith(4);
  for (const [row, time] of eventTimeMs.entries()) {
    const waitedMs = time - 1_000_000;
    expect(Number.isInteger(waitedMs)).toBe(true);
    expect(waitedMs - Number(latencyMs[row])).toBeGreaterThanOrEqual(0);
    expect(waitedMs - Number(latencyMs[row])).toBeLessThan(1);
  }
});
