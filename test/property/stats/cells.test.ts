import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellCounts, cellOf, quantileEdges } from '../../../src/core/stats/binning.ts';
import { wilsonInterval } from '../../../src/core/stats/intervals/wilson.ts';
import { disagreementInformation } from '../../../src/core/stats/mutual-information.ts';
import { groupedQuantile, quantileCell } from '../../../src/core/stats/quantiles/grouped.ts';

const value = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
);

describe('cells of any sample', () => {
  it('have ascending distinct edges, and a value is between the edges of its cell', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), value, (sample, x) => {
        const edges = quantileEdges(sample, 10);
        expect([...new Set(edges)].sort((a, b) => a - b)).toEqual(edges);
        const cell = cellOf(edges, x);
        expect(edges[cell - 1] ?? -Infinity).toBeLessThanOrEqual(x);
        expect(edges[cell] ?? Infinity).toBeGreaterThan(x);
      }),
    );
  });

  it('lose no value, and do not depend on its order', () => {
    const any = fc.oneof(value, fc.constantFrom(null, Number.NaN, Infinity, -Infinity));
    fc.assert(
      fc.property(fc.array(any), (sample) => {
        const edges = quantileEdges(sample, 10);
        const { cells, nullCount, nonFiniteCount } = cellCounts(edges, sample);
        const inCells = cells.reduce((sum, n) => sum + n, 0);
        expect(inCells + nullCount + nonFiniteCount).toBe(sample.length);
        expect(quantileEdges(sample.toReversed(), 10)).toEqual(edges);
      }),
    );
  });
});

describe('quantiles of any histogram', () => {
  it('rise with the share that is asked for', () => {
    const counts = fc.array(fc.nat(50), { minLength: 2, maxLength: 12 });
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(counts, probability, probability, (histogram, p, q) => {
        fc.pre(histogram.some((n) => n > 0));
        const edges = histogram.slice(1).map((_, i) => i);
        const at = (share: number): number =>
          Number(groupedQuantile({ edges, counts: histogram }, share));
        expect(at(Math.min(p, q))).toBeLessThanOrEqual(at(Math.max(p, q)) + 1e-9);
        expect(Number(quantileCell(histogram, Math.min(p, q)))).toBeLessThanOrEqual(
          Number(quantileCell(histogram, Math.max(p, q))),
        );
      }),
    );
  });
});

describe('intervals and information of any counts', () => {
  it('a Wilson interval holds its estimate, stays in [0, 1], and mirrors', () => {
    const counts = fc
      .tuple(fc.integer({ min: 1, max: 10_000_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([trials, part]) => ({ trials, events: Math.round(trials * part) }));
    fc.assert(
      fc.property(counts, fc.constantFrom(0.2, 0.05, 0.001), ({ trials, events }, alpha) => {
        const got = wilsonInterval({ events, trials }, alpha);
        const mirror = wilsonInterval({ events: trials - events, trials }, alpha);
        if (got.state !== 'measured' || mirror.state !== 'measured') throw new Error('empty');
        expect(got.lower).toBeGreaterThanOrEqual(0);
        expect(got.upper).toBeLessThanOrEqual(1);
        expect(got.lower).toBeLessThanOrEqual(events / trials);
        expect(got.upper).toBeGreaterThanOrEqual(events / trials);
        expect(mirror.lower).toBeCloseTo(1 - got.upper, 12);
      }),
    );
  });

  it('information lies between 0 and the entropy, whatever the order of the cells', () => {
    const cells = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(cells, (pairs) => {
        const input = { disagree: pairs.map(([d]) => d), agree: pairs.map(([, a]) => a) };
        const got = disagreementInformation(input);
        fc.pre(got.state === 'measured');
        if (got.state !== 'measured') return;
        expect(got.mutualInformation).toBeGreaterThanOrEqual(0);
        expect(got.mutualInformation).toBeLessThanOrEqual(got.entropy + 1e-12);
        expect(got.shareExplained).toBeLessThanOrEqual(1 + 1e-9);
        const reversed = disagreementInformation({
          disagree: input.disagree.toReversed(),
          agree: input.agree.toReversed(),
        });
        if (reversed.state !== 'measured') throw new Error('inconclusive');
        expect(reversed.mutualInformation).toBeCloseTo(got.mutualInformation, 12);
        expect(reversed.lifts).toEqual(got.lifts.toReversed());
      }),
    );
  });
});
