import { assert } from '../core/foundation/assert.ts';

/** How well scores foretell labels. */
export interface Quality {
  /** Chance that a row with label 1 scores above one with label 0; ties count half. */
  readonly auc: number;
  /** Mean log loss, in nats. */
  readonly logLoss: number;
}

export function qualityOf(scores: Float64Array, labels: Uint8Array): Quality {
  return { auc: areaUnderCurve(scores, labels), logLoss: meanLogLoss(scores, labels) };
}

/** The area under the ROC curve, by ranks (Mann and Whitney). */
function areaUnderCurve(scores: Float64Array, labels: Uint8Array): number {
  const ones = scores.filter((_, row) => labels[row] === 1).sort();
  const zeros = scores.filter((_, row) => labels[row] === 0).sort();
  assert(ones.length > 0 && zeros.length > 0, 'an area needs both labels');
  let below = 0;
  let notAbove = 0;
  let wins = 0;
  for (const score of ones) {
    while (below < zeros.length && Number(zeros[below]) < score) below++;
    while (notAbove < zeros.length && Number(zeros[notAbove]) <= score) notAbove++;
    wins += (below + notAbove) / 2;
  }
  return wins / (ones.length * zeros.length);
}

function meanLogLoss(scores: Float64Array, labels: Uint8Array): number {
  let sum = 0;
  for (const [row, score] of scores.entries()) {
    sum -= Math.log(labels[row] === 1 ? score : 1 - score);
  }
  return sum / scores.length;
}
