import { expect, test } from 'vitest';
import { qualityOf } from '../../../src/demo/evaluation.ts';

test('the AUC counts the pairs in the right order, ties half', () => {
  const scores = Float64Array.of(0.1, 0.4, 0.35, 0.8);
  expect(qualityOf(scores, Uint8Array.of(0, 0, 1, 1)).auc).toBe(0.75);
  expect(qualityOf(Float64Array.of(0.5, 0.5), Uint8Array.of(0, 1)).auc).toBe(0.5);
  expect(qualityOf(Float64Array.of(0.9, 0.1), Uint8Array.of(0, 1)).auc).toBe(0);
});

test('the log loss is the mean surprise in nats', () => {
  const { logLoss } = qualityOf(Float64Array.of(0.8, 0.25), Uint8Array.of(1, 0));
  expect(logLoss).toBeCloseTo(-(Math.log(0.8) + Math.log(0.75)) / 2, 14);
});

test('a sure mistake costs as much as in the label loss of a rollout, not infinity', () => {
  const { logLoss } = qualityOf(Float64Array.of(0, 0), Uint8Array.of(1, 0));
  expect(logLoss).toBeCloseTo(-Math.log(1e-15) / 2, 12);
});

test('the Brier score is the mean squared difference of score and label', () => {
  const { brier } = qualityOf(Float64Array.of(0.8, 0.25), Uint8Array.of(1, 0));
  expect(brier).toBeCloseTo((0.2 ** 2 + 0.25 ** 2) / 2, 14);
});

test('an AUC of one label only is refused', () => {
  expect(() => qualityOf(Float64Array.of(0.8), Uint8Array.of(1))).toThrow('both labels');
});
