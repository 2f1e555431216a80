import { expect, test } from 'vitest';
import { qualityOf } from '../../../src/demo/evaluation.ts';
import { scoreLogistic, trainLogistic } from '../../../src/demo/logistic-regression.ts';
import { synthetic } from '../../support/demo/synthetic.ts';

const OPTIONS = { oneHot: [{ column: 0, size: 3 }], seed: 1 };

/** Category 1 is likelier than its neighbours: no straight line says that. */
function truth(category: number, x: number, y: number): number {
  return (category === 1 ? 1 : -1) + 0.5 * (x - 5) - y;
}

test('it finds the weights that the labels were drawn with', () => {
  const { matrix, labels } = synthetic(60_000, 1, truth);
  const model = trainLogistic(matrix, labels, OPTIONS);
  const [first, second, third, x, y, bias] = model.weights;
  expect(Number(second) - Number(first)).toBeCloseTo(2, 0);
  expect(Number(second) - Number(third)).toBeCloseTo(2, 0);
  expect(Number(x) / Number(model.scaled[0]?.scale)).toBeCloseTo(0.5, 1);
  expect(Number(y) / Number(model.scaled[1]?.scale)).toBeCloseTo(-1, 1);
  expect(Number(first) + Number(bias)).toBeCloseTo(-1, 0);
});

test('its scores are probabilities: on new rows their mean is the share of ones', () => {
  const model = trainLogistic(
    synthetic(40_000, 1, truth).matrix,
    synthetic(40_000, 1, truth).labels,
    OPTIONS,
  );
  const unseen = synthetic(40_000, 2, truth);
  const scores = scoreLogistic(model, unseen.matrix);
  const meanScore = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const share = unseen.labels.reduce((sum, label) => sum + label, 0) / scores.length;
  expect(Math.abs(meanScore - share)).toBeLessThan(0.01);
  expect(qualityOf(scores, unseen.labels).auc).toBeGreaterThan(0.8);
});

test('the same inputs give the same model, bit for bit, and it survives JSON', () => {
  const { matrix, labels } = synthetic(2000, 3, truth);
  const model = trainLogistic(matrix, labels, OPTIONS);
  expect(trainLogistic(matrix, labels, OPTIONS)).toEqual(model);
  expect(scoreLogistic(JSON.parse(JSON.stringify(model)), matrix)).toEqual(
    scoreLogistic(model, matrix),
  );
});

test('a column that never changes does no harm', () => {
  const { labels, matrix } = synthetic(2000, 4, truth);
  const values = matrix.values.map((value, k) => (k % 3 === 2 ? 7 : value));
  const model = trainLogistic({ ...matrix, values }, labels, OPTIONS);
  expect(model.weights.every(Number.isFinite)).toBe(true);
});
