import { describe, expect, it } from 'vitest';
import { cellCounts, quantileEdges } from '../../src/core/stats/binning.ts';
import { exceedance } from '../../src/core/stats/quantiles/exceedance.ts';
import { quantileCell } from '../../src/core/stats/quantiles/grouped.ts';
import { sampleQuantiles } from '../../src/core/stats/quantiles/sample.ts';
import {
  type GoldenCase,
  goldenCases,
  goldenMisses,
  listAt,
  numberAt,
  numberOf,
  numbersAt,
} from './golden.ts';

/** One cell per distinct value, so that a histogram loses nothing. */
function distinct(...samples: readonly (readonly number[])[]): readonly number[] {
  return [...new Set(samples.flat())].sort((a, b) => a - b);
}

function tally(positions: readonly number[], values: readonly number[]): readonly number[] {
  const seen = new Map<number, number>();
  for (const value of values) seen.set(value, (seen.get(value) ?? 0) + 1);
  return positions.map((position) => seen.get(position) ?? 0);
}

function nullableAt(one: GoldenCase, key: string): readonly (number | null)[] {
  return listAt(one.input, key).map((value) => (value === null ? null : numberOf(value)));
}

function hasNulls(one: GoldenCase): boolean {
  return typeof one.expected === 'object' && one.expected !== null && 'nullCount' in one.expected;
}

describe('cells, quantiles and exceedance against numpy', () => {
  it('edges and left-closed cells agree', () => {
    const misses = goldenCases('binning', 'decileCells', 6).flatMap((one) => {
      const edges = quantileEdges(nullableAt(one, 'reference'), numberAt(one.input, 'bins'));
      const counts = cellCounts(edges, nullableAt(one, 'values'));
      return goldenMisses(one, {
        innerEdges: edges,
        cells: edges.length + 1,
        leftClosed: counts.cells,
      });
    });
    expect(misses).toEqual([]);
  });

  it('null and values that are not finite are kept apart, as the file counts them', () => {
    const counted = goldenCases('binning', 'decileCells', 6).filter((one) => hasNulls(one));
    expect(counted.length).toBe(5);
    const misses = counted.flatMap((one) => {
      const { nullCount, nonFiniteCount } = cellCounts([], nullableAt(one, 'values'));
      return goldenMisses(one, { nullCount, nonFiniteCount });
    });
    expect(misses).toEqual([]);
  });

  it('quantiles of samples agree, and the generators give the numbers they should', () => {
    const misses = goldenCases('quantiles', 'exactQuantiles', 7).flatMap((one) => {
      const values = numbersAt(one.input, 'values');
      const probabilities = numbersAt(one.input, 'q');
      const positions = distinct(values);
      const counts = tally(positions, values);
      const linear = sampleQuantiles(values, probabilities);
      const sum = (list: readonly number[]): number => list.reduce((total, x) => total + x, 0);
      return goldenMisses(one, {
        count: values.length,
        checksum: { first1000: sum(values.slice(0, 1000)), all: sum(values) },
        quantiles: probabilities.map((q, i) => ({
          q,
          linear: 'state' in linear ? linear.state : linear[i],
          invertedCdf: positions[Number(quantileCell(counts, q))],
        })),
      });
    });
    expect(misses).toEqual([]);
  });

  it('counts above the pooled quantile agree', () => {
    const misses = goldenCases('quantiles', 'exceedance', 3).flatMap((one) => {
      const current = numbersAt(one.input, 'current');
      const canary = numbersAt(one.input, 'canary');
      const positions = distinct(current, canary);
      const counts = { current: tally(positions, current), canary: tally(positions, canary) };
      const got = exceedance(counts, numberAt(one.input, 'q'));
      if (got.state !== 'measured') return [`${one.name} is inconclusive`];
      return goldenMisses(one, {
        threshold: positions[got.cell],
        above: { current: got.currentAbove, canary: got.canaryAbove },
      });
    });
    expect(misses).toEqual([]);
  });
});
