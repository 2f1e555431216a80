import { expect, test } from 'vitest';
import { qualityOf } from '../../../src/demo/evaluation.ts';
import {
  BOOSTING_DEFAULTS,
  scoreBoosting,
  trainBoosting,
} from '../../../src/demo/gradient-boosting.ts';
import { scoreLogistic, trainLogistic } from '../../../src/demo/logistic-regression.ts';
import { synthetic } from '../../support/demo/synthetic.ts';

const SMALL = { ...BOOSTING_DEFAULTS, treeCount: 30, depth: 3, binCount: 32 };

/** The two numbers matter only together: no sum of single effects says that. */
function truth(_category: number, x: number, y: number): number {
  return 3 * Math.sign((x - 5) * y);
}

test('it finds an effect of two columns together, which a logistic regression cannot', () => {
  const train = synthetic(20_000, 1, truth);
  const unseen = synthetic(20_000, 2, truth);
  const boosted = trainBoosting(train.matrix, train.labels, SMALL);
  const linear = trainLogistic(train.matrix, train.labels, { oneHot: [], seed: 1 });
  const { auc } = qualityOf(scoreBoosting(boosted, unseen.matrix), unseen.labels);
  expect(auc).toBeGreaterThan(0.93);
  expect(qualityOf(scoreLogistic(linear, unseen.matrix), unseen.labels).auc).toBeLessThan(0.55);
});

test('its scores are probabilities: in each tenth the mean is near the share of ones', () => {
  const smooth = (category: number, x: number, y: number) => category - 1 + 0.5 * (x - 5) * y;
  const train = synthetic(40_000, 3, smooth);
  const unseen = synthetic(40_000, 4, smooth);
  const scores = scoreBoosting(trainBoosting(train.matrix, train.labels), unseen.matrix);
  const order = [...scores.keys()].sort((a, b) => Number(scores[a]) - Number(scores[b]));
  for (let tenth = 0; tenth < 10; tenth++) {
    const rows = order.slice(tenth * 4000, (tenth + 1) * 4000);
    const gap = rows.reduce((sum, r) => sum + Number(scores[r]) - Number(unseen.labels[r]), 0);
    expect(Math.abs(gap / rows.length)).toBeLessThan(0.05);
  }
});

test('every further tree fits the training rows better', () => {
  const { matrix, labels } = synthetic(5000, 5, truth);
  const losses = [1, 5, 20].map((treeCount) => {
    const model = trainBoosting(matrix, labels, { ...SMALL, treeCount });
    return qualityOf(scoreBoosting(model, matrix), labels).logLoss;
  });
  expect(losses).toEqual(losses.toSorted((a, b) => b - a));
});

test('the same inputs give the same model, bit for bit, and it survives JSON', () => {
  const { matrix, labels } = synthetic(2000, 6, truth);
  const model = trainBoosting(matrix, labels, SMALL);
  expect(trainBoosting(matrix, labels, SMALL)).toEqual(model);
  expect(scoreBoosting(JSON.parse(JSON.stringify(model)), matrix)).toEqual(
    scoreBoosting(model, matrix),
  );
});

test('labels that no column explains leave every score at the share of ones', () => {
  const matrix = { rowCount: 400, columnCount: 1, values: new Float64Array(400) };
  const labels = Uint8Array.from({ length: 400 }, (_, row) => (row % 4 === 0 ? 1 : 0));
  const scores = scoreBoosting(trainBoosting(matrix, labels, SMALL), matrix);
  for (const score of scores) expect(score).toBeCloseTo(0.25, 3);
});
