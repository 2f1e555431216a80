import { assert } from '../core/foundation/assert.ts';
import { type Loss, lossOf } from '../core/stats/losses.ts';

/** How well scores foretell labels. */
export interface Quality {
  /** Chance that a row with label 1 scores above one with label 0; ties count half. */
  readonly auc: number;
  /** Mean log loss, in nats; a score of 0 or 1 is clipped as in the label loss of a rollout. */
  readonly logLoss: number;
  /** Mean squared difference of score and label, in [0, 1]. */
  readonly brier: number;
}

/** Neither log loss nor Brier's has an option. */
const UNUSED = { threshold: 0.5, quantile: 0.5 };

export function qualityOf(scores: Float64Array, labels: Uint8Array): Quality {
  return {
    auc: areaUnderCurve(scores, labels),
    logLoss: meanLoss('log', scores, labels),
    brier: meanLoss('brier', scores, labels),
  };
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

function meanLoss(loss: Loss, scores: Float64Array, labels: Uint8Array): number {
  let sum = 0;
  for (const [row, score] of scores.entries()) {
    sum += lossOf(loss, { score, outcome: Number(labels[row]) }, UNUSED);
  }
  return sum / scores.length;
}
