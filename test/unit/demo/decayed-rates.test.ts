import { expect, test } from 'vitest';
import { countEvent, decayedRates, rateAt, weightAt } from '../../../src/demo/decayed-rates.ts';

test('a key without events has the prior rate and no weight', () => {
  const rates = decayedRates(2, 120);
  expect(rateAt(rates, 1, 5000)).toBeCloseTo(0.2, 15);
  expect(weightAt(rates, 1, 5000)).toBe(0);
});

test('the weight of an event halves with every half-life', () => {
  const rates = decayedRates(1, 120);
  countEvent(rates, 0, { minute: 1000, hit: 1 });
  expect(weightAt(rates, 0, 1000)).toBe(1);
  expect(weightAt(rates, 0, 1120)).toBeCloseTo(0.5, 12);
  expect(weightAt(rates, 0, 1360)).toBeCloseTo(0.125, 12);
});

test('the rate is the decayed share of hits, drawn towards the prior by ten events', () => {
  const rates = decayedRates(1, 60);
  countEvent(rates, 0, { minute: 0, hit: 1 });
  countEvent(rates, 0, { minute: 60, hit: 0 });
  countEvent(rates, 0, { minute: 60, hit: 1 });
  expect(rateAt(rates, 0, 60)).toBeCloseTo((1.5 + 2) / (2.5 + 10), 12);
  expect(rateAt(rates, 0, 120)).toBeCloseTo((0.75 + 2) / (1.25 + 10), 12);
});

test('keys do not touch each other', () => {
  const rates = decayedRates(2, 60);
  countEvent(rates, 0, { minute: 0, hit: 1 });
  expect(rateAt(rates, 1, 0)).toBeCloseTo(0.2, 15);
});
