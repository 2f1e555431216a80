import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type FieldCells, type ReferenceProfile } from '../../../src/core/events/profile.ts';
import { CUT_SUMS, layoutOf } from '../../../src/core/windows/layout.ts';
import {
  addPartial,
  canonicalise,
  emptyPartial,
  LIMB,
  sumValue,
  type WindowPartial,
} from '../../../src/core/windows/partial.ts';
import { RowSample, type SampledRow } from '../../../src/core/windows/row-sample.ts';
import { fromSparse, toSparse } from '../../../src/core/windows/sparse.ts';
import { join, windowsOf } from '../../support/joining.ts';
import { randomLog, WILD_PROFILE } from '../../support/random-log.ts';

const LAYOUT = layoutOf(WILD_PROFILE);

const partials = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: LAYOUT.countLength - 1 }),
      count: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      sumAt: fc.integer({ min: 0, max: LAYOUT.sumLength - 1 }),
      units: fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
      fraction: fc.constantFrom(Number.NaN, 0.25, 0.5, 1),
    }),
    { maxLength: 8 },
  )
  .map((entries) => {
    const partial = emptyPartial(LAYOUT);
    for (const { at, count, sumAt, units, fraction } of entries) {
      partial.counts[at] = count;
      partial.sumHigh[sumAt] = Number(units / BigInt(LIMB));
      partial.sumLow[sumAt] = Number(units % BigInt(LIMB));
      partial.sampling[0] = fraction;
      partial.sampling[1] = fraction;
    }
    canonicalise(partial);
    return partial;
  });

function sumOf(all: readonly WindowPartial[]): WindowPartial {
  const total = emptyPartial(LAYOUT);
  for (const one of all) addPartial(total, fromSparse(toSparse(one), LAYOUT));
  return total;
}

function exact(partial: WindowPartial, at: number): bigint {
  return BigInt(partial.sumHigh[at] ?? 0) * BigInt(LIMB) + BigInt(partial.sumLow[at] ?? 0);
}

describe('adding partials up', () => {
  test('gives the same bits in any order and grouping', () => {
    fc.assert(
      fc.property(fc.array(partials, { minLength: 1, maxLength: 6 }), (all) => {
        const total = sumOf(all);
        expect(sumOf(all.toReversed())).toEqual(total);
        const half = Math.floor(all.length / 2);
        expect(sumOf([sumOf(all.slice(half)), sumOf(all.slice(0, half))])).toEqual(total);
      }),
      { numRuns: 60 },
    );
  });

  test('is exact: the sums are those of whole numbers of any size', () => {
    fc.assert(
      fc.property(fc.array(partials, { minLength: 1, maxLength: 6 }), (all) => {
        const total = sumOf(all);
        for (let at = 0; at < LAYOUT.sumLength; at += 1) {
          expect(exact(total, at)).toBe(all.reduce((sum, one) => sum + exact(one, at), 0n));
        }
      }),
      { numRuns: 40 },
    );
  });

  test('of nothing changes nothing', () => {
    fc.assert(
      fc.property(partials, (one) => {
        expect(sumOf([one, emptyPartial(LAYOUT)])).toEqual(sumOf([one]));
      }),
      { numRuns: 40 },
    );
  });

  test('refuses partials of other cells', () => {
    const [first, ...rest] = WILD_PROFILE.fields;
    const other: ReferenceProfile = {
      ...WILD_PROFILE,
      fields: [{ ...first, edges: [0.3] } as FieldCells, ...rest],
    };
    expect(() => addPartial(emptyPartial(LAYOUT), emptyPartial(layoutOf(other)))).toThrow(
      'only partials of one profile are merged',
    );
  });

  test('has a sparse form that gives every number back', () => {
    fc.assert(
      fc.property(partials, (one) => {
        const text = JSON.stringify(toSparse(one));
        expect(fromSparse(JSON.parse(text), LAYOUT)).toEqual(one);
      }),
      { numRuns: 60 },
    );
    expect(toSparse(emptyPartial(LAYOUT))).toMatchObject({ countIndex: [], sumIndex: [] });
  });

  test('keeps the cut sums of scores at the very end: partials from before them are read as they were', () => {
    expect(LAYOUT.cutSums + Object.keys(CUT_SUMS).length).toBe(LAYOUT.sumLength);
    const older = toSparse(emptyPartial({ ...LAYOUT, sumLength: LAYOUT.cutSums }));
    expect(fromSparse(older, LAYOUT)).toEqual(emptyPartial(LAYOUT));
  });

  test('begins to be floating point only when a sum is read', () => {
    const partial = emptyPartial(LAYOUT);
    partial.sumLow[0] = 2 ** 20;
    partial.sumHigh[1] = -1;
    partial.sumLow[1] = LIMB - 2 ** 20;
    expect(sumValue(partial, 0, 20)).toBe(1);
    expect(sumValue(partial, 1, 20)).toBe(-1);
  });
});

describe('merge = batch', () => {
  test('one partition, three and twelve give the same windows, bit for bit', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomLog({ requestCountMax: 40, disorderMaxMs: 5_000, wild: false }),
        async (predictions) => {
          const options = { predictions, profile: WILD_PROFILE };
          const one = windowsOf((await join(options)).partials);
          for (const partitionCount of [3, 12]) {
            const many = await join({ ...options, partitionCount, frameSize: 9 });
            expect(windowsOf(many.partials)).toEqual(one);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('so do the rows that a profile is learned from', async () => {
    await fc.assert(
      fc.asyncProperty(
        randomLog({ requestCountMax: 40, disorderMaxMs: 5_000, wild: false }),
        fc.integer({ min: 1, max: 12 }),
        async (predictions, sampleSize) => {
          const sampled = async (partitionCount: number, frameSize: number) => {
            const { closed } = await join({ predictions, sampleSize, partitionCount, frameSize });
            const total = new RowSample(sampleSize);
            for (const { sample } of closed) if (sample !== null) total.merge(sample);
            return { seen: total.seen, rows: total.kept() };
          };
          const one = await sampled(1, 1000);
          expect(await sampled(3, 7)).toEqual(one);
          expect(await sampled(12, 1)).toEqual(one);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('a sample of rows', () => {
  const rows = fc.array(
    fc.record({
      hashHigh: fc.integer({ min: 0, max: 12 }),
      hashLow: fc.integer({ min: 0, max: 3 }),
      eventTimeMs: fc.integer({ min: 0, max: 3 }),
    }),
    { maxLength: 60 },
  );
  const rowOf = (of: Pick<SampledRow, 'hashHigh' | 'hashLow' | 'eventTimeMs'>): SampledRow => ({
    ...of,
    numbers: [],
    codes: [],
  });
  const rank = (row: SampledRow): number => row.hashHigh * 16 + row.hashLow * 4 + row.eventTimeMs;

  test('holds the lowest hashes, however it is split, ordered and merged', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 9 }), fc.nat({ max: 5 }), (specs, size, cut) => {
        const all = specs.map(rowOf);
        const expected = all
          .map(rank)
          .toSorted((left, right) => left - right)
          .slice(0, size);
        const parts = [all.slice(cut), all.slice(0, cut)].map((part) => {
          const sample = new RowSample(size);
          for (const row of part) if (sample.wants(row.hashHigh)) sample.add(row);
          return sample;
        });
        const total = new RowSample(size);
        for (const part of parts) total.merge(part);
        expect(total.kept().map(rank)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
  });
});
