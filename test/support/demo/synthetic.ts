import type { FeatureMatrix } from '../../../src/demo/matrix.ts';
import { sigmoid } from '../../../src/demo/matrix.ts';
import { randomStream, standardNormal } from '../../../src/demo/random.ts';

export interface Synthetic {
  readonly matrix: FeatureMatrix;
  readonly labels: Uint8Array;
}

/** Rows of one category in 0 ... 2 and two plain numbers, labelled by chance from the given log odds. */
export function synthetic(
  rowCount: number,
  seed: number,
  logOdds: (category: number, x: number, y: number) => number,
): Synthetic {
  const random = randomStream(seed);
  const values = new Float64Array(3 * rowCount);
  const labels = new Uint8Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    const category = Math.floor(random() * 3);
    const x = 5 + 2 * standardNormal(random);
    const y = standardNormal(random);
    values.set([category, x, y], 3 * row);
    labels[row] = random() < sigmoid(logOdds(category, x, y)) ? 1 : 0;
  }
  return { matrix: { rowCount, columnCount: 3, values }, labels };
}
