import { assert, defined } from '../core/foundation/assert.ts';
import type { FeatureMatrix } from './matrix.ts';
import { columnOf, sigmoid } from './matrix.ts';
import { randomStream } from './random.ts';

/** A column of whole numbers 0 ... size - 1 that gets one weight per value. */
export interface OneHotColumn {
  readonly column: number;
  readonly size: number;
}

/** A plain number: `(value - mean) / scale` times its weight. */
interface ScaledColumn {
  readonly column: number;
  readonly mean: number;
  readonly scale: number;
}

/** A trained logistic regression; survives JSON unchanged. */
export interface LogisticModel {
  readonly oneHot: readonly OneHotColumn[];
  readonly scaled: readonly ScaledColumn[];
  /** The weights of every one-hot value, then one per scaled column, then the bias. */
  readonly weights: readonly number[];
}

export interface LogisticOptions {
  readonly oneHot: readonly OneHotColumn[];
  readonly seed: number;
}

const EPOCHS = 5;
const BATCH_ROWS = 256;
/** Step size at the start; it falls in a line to 0, else the last batches decide the bias. */
const LEARNING_RATE = 0.01;
/** Adam's own constants, as its paper proposes them (Kingma and Ba, 2015). */
const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

/** Learns by Adam on mini-batches in an order drawn from the seed: same inputs, same model. */
export function trainLogistic(
  matrix: FeatureMatrix,
  labels: Uint8Array,
  options: LogisticOptions,
): LogisticModel {
  assert(matrix.rowCount === labels.length && labels.length > 0, 'one label per row, some rows');
  const inputs = inputsOf({
    oneHot: options.oneHot,
    scaled: scaledColumns(matrix, options.oneHot),
  });
  const adam = startAdam(inputs.weightCount);
  const order = Int32Array.from(labels.keys());
  const random = randomStream(options.seed);
  const stepCount = EPOCHS * Math.ceil(order.length / BATCH_ROWS);
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    shuffle(order, random);
    for (let first = 0; first < order.length; first += BATCH_ROWS) {
      const batch = order.subarray(first, first + BATCH_ROWS);
      for (const row of batch) {
        readRow(inputs, matrix, row);
        const error = sigmoid(logOdds(inputs, adam.weights)) - Number(labels[row]);
        addGradient(adam.gradient, inputs, error / batch.length);
      }
      stepAdam(adam, LEARNING_RATE * (1 - adam.step / stepCount));
    }
  }
  const { oneHot, scaled } = inputs.layout;
  return { oneHot, scaled, weights: [...adam.weights] };
}

/** The probability of the label 1 for every row. */
export function scoreLogistic(
  model: LogisticModel,
  matrix: FeatureMatrix,
): Float64Array<ArrayBuffer> {
  const inputs = inputsOf(model);
  const weights = Float64Array.from(model.weights);
  const scores = new Float64Array(matrix.rowCount);
  for (let row = 0; row < matrix.rowCount; row++) {
    readRow(inputs, matrix, row);
    scores[row] = sigmoid(logOdds(inputs, weights));
  }
  return scores;
}

type Layout = Pick<LogisticModel, 'oneHot' | 'scaled'>;

/** One row as the model sees it: which weights take part, and with which value. */
interface Inputs {
  readonly layout: Layout;
  readonly weightCount: number;
  readonly indices: Int32Array;
  readonly values: Float64Array;
}

function inputsOf(layout: Layout): Inputs {
  const oneHotSize = layout.oneHot.reduce((sum, { size }) => sum + size, 0);
  const inputCount = layout.oneHot.length + layout.scaled.length + 1;
  const indices = new Int32Array(inputCount);
  for (let k = 0; k <= layout.scaled.length; k++)
    indices[layout.oneHot.length + k] = oneHotSize + k;
  return {
    layout,
    weightCount: oneHotSize + layout.scaled.length + 1,
    indices,
    values: new Float64Array(inputCount).fill(1),
  };
}

function readRow(inputs: Inputs, matrix: FeatureMatrix, row: number): void {
  const { oneHot, scaled } = inputs.layout;
  const at = row * matrix.columnCount;
  let offset = 0;
  for (let k = 0; k < oneHot.length; k++) {
    const { column, size } = defined(oneHot[k], 'a one-hot column');
    inputs.indices[k] = offset + Number(matrix.values[at + column]);
    offset += size;
  }
  for (let k = 0; k < scaled.length; k++) {
    const { column, mean, scale } = defined(scaled[k], 'a scaled column');
    inputs.values[oneHot.length + k] = (Number(matrix.values[at + column]) - mean) / scale;
  }
}

function logOdds(inputs: Inputs, weights: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < inputs.indices.length; k++) {
    sum += Number(weights[Number(inputs.indices[k])]) * Number(inputs.values[k]);
  }
  return sum;
}

function addGradient(gradient: Float64Array, inputs: Inputs, error: number): void {
  for (let k = 0; k < inputs.indices.length; k++) {
    const index = Number(inputs.indices[k]);
    gradient[index] = Number(gradient[index]) + error * Number(inputs.values[k]);
  }
}

function scaledColumns(
  matrix: FeatureMatrix,
  oneHot: readonly OneHotColumn[],
): readonly ScaledColumn[] {
  const scaled: ScaledColumn[] = [];
  for (let column = 0; column < matrix.columnCount; column++) {
    if (oneHot.some((each) => each.column === column)) continue;
    const values = columnOf(matrix, column);
    const mean = meanOf(values);
    const variance = meanOf(values.map((value) => (value - mean) ** 2));
    scaled.push({ column, mean, scale: Math.sqrt(variance) || 1 });
  }
  return scaled;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

interface Adam {
  step: number;
  readonly weights: Float64Array;
  readonly gradient: Float64Array;
  readonly mean: Float64Array;
  readonly square: Float64Array;
}

function startAdam(size: number): Adam {
  return {
    step: 0,
    weights: new Float64Array(size),
    gradient: new Float64Array(size),
    mean: new Float64Array(size),
    square: new Float64Array(size),
  };
}

/** Moves the weights against the gradient gathered so far, and clears it. */
function stepAdam(adam: Adam, rate: number): void {
  adam.step++;
  const unbias1 = 1 - BETA_1 ** adam.step;
  const unbias2 = 1 - BETA_2 ** adam.step;
  for (let k = 0; k < adam.weights.length; k++) {
    const slope = Number(adam.gradient[k]);
    const mean = BETA_1 * Number(adam.mean[k]) + (1 - BETA_1) * slope;
    const square = BETA_2 * Number(adam.square[k]) + (1 - BETA_2) * slope * slope;
    adam.mean[k] = mean;
    adam.square[k] = square;
    adam.weights[k] =
      Number(adam.weights[k]) - (rate * (mean / unbias1)) / (Math.sqrt(square / unbias2) + EPSILON);
  }
  adam.gradient.fill(0);
}

function shuffle(order: Int32Array, random: () => number): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const held = Number(order[last]);
    order[last] = Number(order[other]);
    order[other] = held;
  }
}
