import { expect, test } from 'vitest';
import { growTree, startGrower } from '../../../src/demo/boosted-tree.ts';

const ROWS = 400;

/** One column with the bins 0 ... 3, a hundred rows each; gradients fall between the bins 1 and 2. */
function stepGrower(depth: number) {
  const grower = startGrower({
    bins: Uint8Array.from({ length: ROWS }, (_, row) => row % 4),
    edges: [Float64Array.of(10, 20, 30)],
    binCount: 4,
    depth,
    learningRate: 1,
  });
  for (let row = 0; row < ROWS; row++) {
    grower.gradients[row] = row % 4 < 2 ? 0.5 : -0.5;
    grower.curvatures[row] = 0.25;
  }
  return grower;
}

test('a node is split where the gradients change, and its leaves are the Newton steps', () => {
  const logOdds = new Float64Array(ROWS);
  const tree = growTree(stepGrower(1), logOdds);
  expect(tree.columns).toEqual([0]);
  expect(tree.thresholds).toEqual([20]);
  expect(tree.leaves[0]).toBeCloseTo(-100 / 51, 12);
  expect(tree.leaves[1]).toBeCloseTo(100 / 51, 12);
  expect(logOdds[0]).toBeCloseTo(-100 / 51, 12);
  expect(logOdds[2]).toBeCloseTo(100 / 51, 12);
});

test('a node that gains nothing by a split repeats its value in all leaves below it', () => {
  const tree = growTree(stepGrower(3), new Float64Array(ROWS));
  expect(tree.leaves).toHaveLength(8);
  expect(new Set(tree.leaves.slice(0, 4)).size).toBe(1);
  expect(new Set(tree.leaves.slice(4)).size).toBe(1);
  expect(tree.thresholds.filter((threshold) => threshold === Number.MAX_VALUE)).toHaveLength(6);
});

test('a split that would leave too few rows on one side is not made', () => {
  const grower = stepGrower(1);
  grower.curvatures.fill(0.01);
  const tree = growTree(grower, new Float64Array(ROWS));
  expect(tree.thresholds).toEqual([Number.MAX_VALUE]);
});
