import { assert } from '../core/foundation/assert.ts';
import { binEdges, binMatrix } from './bins.ts';
import type { BoostedTree, Grower } from './boosted-tree.ts';
import { growTree, startGrower } from './boosted-tree.ts';
import type { FeatureMatrix } from './matrix.ts';
import { sigmoid } from './matrix.ts';

/** Trained gradient boosting; survives JSON unchanged. */
export interface BoostedModel {
  readonly depth: number;
  readonly baseLogOdds: number;
  readonly trees: readonly BoostedTree[];
}

export interface BoostingOptions {
  readonly treeCount: number;
  readonly depth: number;
  /** Cells of equal size into which a column is cut; at most 256. */
  readonly binCount: number;
  readonly learningRate: number;
}

export const BOOSTING_DEFAULTS: BoostingOptions = {
  treeCount: 60,
  depth: 5,
  binCount: 64,
  learningRate: 0.1,
};

/** Histogram gradient boosting on log loss (Friedman 2001; second order as in XGBoost, 2016). */
export function trainBoosting(
  matrix: FeatureMatrix,
  labels: Uint8Array,
  options: BoostingOptions = BOOSTING_DEFAULTS,
): BoostedModel {
  assert(matrix.rowCount === labels.length && labels.length > 0, 'one label per row, some rows');
  const edges = binEdges(matrix, options.binCount);
  const grower = startGrower({ bins: binMatrix(matrix, edges), edges, ...options });
  const baseLogOdds = startLogOdds(labels);
  const logOdds = new Float64Array(labels.length).fill(baseLogOdds);
  const trees: BoostedTree[] = [];
  for (let k = 0; k < options.treeCount; k++) {
    writeSlopes(grower, logOdds, labels);
    trees.push(growTree(grower, logOdds));
  }
  return { depth: options.depth, baseLogOdds, trees };
}

/** The probability of the label 1 for every row. */
export function scoreBoosting(
  model: BoostedModel,
  matrix: FeatureMatrix,
): Float64Array<ArrayBuffer> {
  const scores = new Float64Array(matrix.rowCount).fill(model.baseLogOdds);
  for (const tree of model.trees) addTree(scores, tree, { matrix, depth: model.depth });
  return scores.map(sigmoid);
}

/** Tree by tree rather than row by row: one small tree stays in the fastest memory. */
function addTree(
  scores: Float64Array,
  tree: BoostedTree,
  { matrix, depth }: { readonly matrix: FeatureMatrix; readonly depth: number },
): void {
  const columns = Int32Array.from(tree.columns);
  const thresholds = Float64Array.from(tree.thresholds);
  const leaves = Float64Array.from(tree.leaves);
  const { values, columnCount } = matrix;
  for (let row = 0; row < scores.length; row++) {
    let node = 0;
    for (let level = 0; level < depth; level++) {
      const value = Number(values[row * columnCount + Number(columns[node])]);
      node = 2 * node + (value < Number(thresholds[node]) ? 1 : 2);
    }
    scores[row] = Number(scores[row]) + Number(leaves[node - columns.length]);
  }
}

/** The log odds of the label 1 over all rows, each label seen once more than it was. */
function startLogOdds(labels: Uint8Array): number {
  let ones = 0;
  for (const label of labels) ones += label;
  return Math.log((ones + 1) / (labels.length - ones + 1));
}

/** First and second derivative of the log loss of each row. */
function writeSlopes(grower: Grower, logOdds: Float64Array, labels: Uint8Array): void {
  for (let row = 0; row < labels.length; row++) {
    const share = sigmoid(Number(logOdds[row]));
    grower.gradients[row] = share - Number(labels[row]);
    grower.curvatures[row] = share * (1 - share);
  }
}
