import { describe, expect, test } from 'vitest';
import type { BatchSchema } from '../../../../src/core/events/batch.ts';
import { learnProfile } from '../../../../src/core/windows/learn-profile.ts';
import type { SampledRow } from '../../../../src/core/windows/row-sample.ts';

const SCHEMA: BatchSchema = {
  layout: {
    numbers: [
      { name: 'score', role: 'score', kind: 'number' },
      { name: 'feature.amount', role: 'feature', kind: 'number' },
    ],
    categories: [{ name: 'context.country', role: 'context', kind: 'category' }],
  },
  dictionaries: [{ values: ['DE', 'FR', 'JP'] }],
  rankedItemCount: 0,
};

function rowOf(i: number, score: number, amount: number, code: number): SampledRow {
  const numbers = [score, amount];
  return { hashHigh: i, hashLow: 0, eventTimeMs: 1_000 + i, numbers, codes: [code] };
}

function learn(rows: readonly SampledRow[], categoriesMax = 256) {
  return learnProfile(rows, {
    model: 'fraud',
    currentVersion: 'v6',
    schema: SCHEMA,
    categoriesMax,
    notWatched: ['feature.rest'],
  });
}

const ROWS = Array.from({ length: 100 }, (_, i) =>
  rowOf(i, i / 100, i < 50 ? 0 : i === 99 ? Number.NaN : i * 1e7, i < 60 ? 2 : i < 99 ? 1 : 0),
);

describe('a learned profile', () => {
  test('has deciles, ties merged, and counts every value of the sample', () => {
    const [score, amount] = learn(ROWS).fields;
    expect(score).toMatchObject({
      scaleBits: 20,
      referenceCounts: [...Array.from({ length: 10 }, () => 10), 0, 0, 0],
    });
    const edges = amount !== undefined && 'edges' in amount ? amount.edges : [];
    expect(edges[0]).toBe(0);
    expect(new Set(edges).size).toBe(edges.length);
    expect(edges.length).toBeLessThan(9);
    expect(amount?.referenceCounts.at(-3)).toBe(1);
    expect(amount?.referenceCounts.reduce((sum, count) => sum + count, 0)).toBe(100);
  });

  test('scales large values down, so that their sums stay exact', () => {
    // 98e7 lies between 2^29 and 2^30.
    expect(learn(ROWS).fields[1]).toMatchObject({ scaleBits: -10 });
    expect(learn([rowOf(0, 1e300, 1, 1)]).fields[0]).toMatchObject({ scaleBits: -100 });
  });

  test('lists categories by how often they are, then by name, and counts the rest as other', () => {
    expect(learn(ROWS).fields[2]).toMatchObject({
      categories: ['FR', 'DE'],
      overflow: false,
      referenceCounts: [60, 39, 0, 1, 0, 0],
    });
    expect(learn(ROWS, 1).fields[2]).toMatchObject({
      categories: ['FR'],
      overflow: true,
      referenceCounts: [60, 39, 1, 0, 0],
    });
    const tied = learn([rowOf(0, 0, 0, 3), rowOf(1, 0, 0, 1)]).fields[2];
    expect(tied).toMatchObject({ categories: ['DE', 'JP'] });
  });

  test('is the same for the same rows in any order', () => {
    expect(learn(ROWS.toReversed())).toEqual(learn(ROWS));
  });

  test('says when its rows were and what was left out', () => {
    expect(learn(ROWS)).toMatchObject({
      sampleCount: 100,
      fromMs: 1_000,
      toMs: 1_099,
      notWatched: ['feature.rest'],
    });
  });

  test('gives a field that is never present one open cell', () => {
    const [, amount] = learn([rowOf(0, 0.5, Number.NaN, 0)]).fields;
    expect(amount).toMatchObject({ edges: [], referenceCounts: [0, 1, 0, 0] });
  });
});
