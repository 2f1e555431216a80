import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divergencesOf } from '../../../src/core/stats/divergence/divergences.ts';
import { kolmogorovSmirnov } from '../../../src/core/stats/divergence/kolmogorov-smirnov.ts';
import { psiAgainstNull } from '../../../src/core/stats/divergence/psi-null.ts';
import { type ArmCells, sharesOf, totalOf } from '../../../src/core/stats/divergence/shares.ts';
import { wasserstein1 } from '../../../src/core/stats/divergence/wasserstein.ts';

const count = fc.oneof(fc.nat(5), fc.nat(10_000_000));

/** Both arms with at least one prediction each, over the same 2 to 30 cells. */
const arms: fc.Arbitrary<ArmCells> = fc
  .array(fc.tuple(count, count), { minLength: 2, maxLength: 30 })
  .map((cells) => ({ current: cells.map(([a]) => a), canary: cells.map(([, b]) => b) }))
  .filter(({ current, canary }) => totalOf(current) > 0 && totalOf(canary) > 0);

const swapped = ({ current, canary }: ArmCells): ArmCells => ({ current: canary, canary: current });

function measured(cells: ArmCells) {
  const got = divergencesOf(cells, 'additive');
  if (got.state !== 'measured') throw new Error('inconclusive');
  return got;
}

describe('divergences of any counts', () => {
  it('are finite, within their bounds, and in their known order', () => {
    fc.assert(
      fc.property(arms, (cells) => {
        const d = measured(cells);
        for (const value of [d.psi, d.klCurrentCanary, d.klCanaryCurrent]) {
          expect(Number.isFinite(value)).toBe(true);
          expect(value).toBeGreaterThanOrEqual(0);
        }
        expect(d.jsDivergence).toBeLessThanOrEqual(Math.LN2);
        expect(d.jsDistance ** 2).toBeCloseTo(d.jsDivergence, 12);
        // Hellinger^2 <= TV <= sqrt(2) Hellinger, and Pinsker: TV^2 <= KL / 2.
        const slack = 1e-9;
        expect(d.hellinger ** 2).toBeLessThanOrEqual(d.totalVariation + slack);
        expect(d.totalVariation).toBeLessThanOrEqual(Math.SQRT2 * d.hellinger + slack);
        expect(d.totalVariation ** 2).toBeLessThanOrEqual(d.klCurrentCanary / 2 + slack);
        expect(d.psi).toBeCloseTo(d.klCurrentCanary + d.klCanaryCurrent, 8);
      }),
    );
  });

  it('swap the directions of KL with the arms, and change nothing else', () => {
    fc.assert(
      fc.property(arms, (cells) => {
        const one = measured(cells);
        const other = measured(swapped(cells));
        expect(other.klCurrentCanary).toBe(one.klCanaryCurrent);
        expect(other.psi).toBeCloseTo(one.psi, 10);
        expect(other.jsDivergence).toBeCloseTo(one.jsDivergence, 12);
        expect(other.hellinger).toBe(one.hellinger);
        expect(other.totalVariation).toBe(one.totalVariation);
      }),
    );
  });

  it('do not depend on the order of the cells', () => {
    fc.assert(
      fc.property(arms, (cells) => {
        const one = measured(cells);
        const reversed = measured({
          current: cells.current.toReversed(),
          canary: cells.canary.toReversed(),
        });
        expect(reversed.psi).toBeCloseTo(one.psi, 9);
        expect(reversed.jsDivergence).toBeCloseTo(one.jsDivergence, 12);
        expect(reversed.totalVariation).toBeCloseTo(one.totalVariation, 12);
      }),
    );
  });

  it('are zero between an arm and itself', () => {
    fc.assert(
      fc.property(arms, ({ current }) => {
        const { psi, klCurrentCanary, jsDivergence, hellinger } = measured({
          current,
          canary: current,
        });
        expect([psi, klCurrentCanary, jsDivergence, hellinger]).toEqual([0, 0, 0, 0]);
      }),
    );
  });

  it('do not grow when cells are merged', () => {
    fc.assert(
      fc.property(arms, (cells) => {
        const p = sharesOf(cells.current, 'none');
        const q = sharesOf(cells.canary, 'none');
        const merge = (x: readonly number[]): number[] => [
          (x[0] ?? 0) + (x[1] ?? 0),
          ...x.slice(2),
        ];
        const fine = divergencesOf({ current: p, canary: q }, 'none');
        const coarse = divergencesOf({ current: merge(p), canary: merge(q) }, 'none');
        if (fine.state !== 'measured' || coarse.state !== 'measured') throw new Error('empty');
        expect(coarse.jsDivergence).toBeLessThanOrEqual(fine.jsDivergence + 1e-12);
        expect(coarse.totalVariation).toBeLessThanOrEqual(fine.totalVariation + 1e-12);
        expect(coarse.hellinger).toBeLessThanOrEqual(fine.hellinger + 1e-9);
      }),
    );
  });

  it('read beside a null line that shrinks as the samples grow', () => {
    fc.assert(
      fc.property(arms, (cells) => {
        const tenfold = {
          current: cells.current.map((n) => n * 10),
          canary: cells.canary.map((n) => n * 10),
        };
        const small = psiAgainstNull(cells, 0.99);
        const large = psiAgainstNull(tenfold, 0.99);
        if (small.state !== 'measured' || large.state !== 'measured') throw new Error('empty');
        expect(large.noiseLine).toBeCloseTo(small.noiseLine / 10, 10);
        expect(small.pValue).toBeGreaterThanOrEqual(0);
        expect(small.pValue).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe('distances along an axis', () => {
  it('obey W1 <= KS times the width, and are symmetric', () => {
    fc.assert(
      fc.property(arms, (cells) => {
        const positions = cells.current.map((_, i) => i * 3);
        const width = 3 * (positions.length - 1);
        const ks = Number(kolmogorovSmirnov(cells));
        const w1 = Number(wasserstein1(positions, cells));
        expect(ks).toBeLessThanOrEqual(1);
        expect(w1).toBeLessThanOrEqual(ks * width + 1e-9);
        expect(kolmogorovSmirnov(swapped(cells))).toBe(ks);
        expect(wasserstein1(positions, swapped(cells))).toBe(w1);
      }),
    );
  });
});
