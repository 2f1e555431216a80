import { expect, it } from 'vitest';
import { populationStabilityIndex } from '../../../../../src/core/stats/divergence/population-stability-index.ts';

it('PSI is symmetric, skips cells empty on both sides, and is infinite where one side is empty', () => {
  const p = [0.5, 0.5, 0];
  const q = [0.75, 0.25, 0];
  expect(populationStabilityIndex(p, q)).toBeCloseTo(0.274_653_072_167_027_45, 14);
  expect(populationStabilityIndex(q, p)).toBeCloseTo(populationStabilityIndex(p, q), 14);
  expect(populationStabilityIndex([1, 0], [0.5, 0.5])).toBe(Infinity);
});

it('PSI of scores against their mirror image is blind when the scores are symmetric', () => {
  const scores = [0.3, 0.2, 0.2, 0.3];
  expect(populationStabilityIndex(scores, scores.toReversed())).toBe(0);
});
