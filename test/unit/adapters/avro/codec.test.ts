import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeVerdict,
  decodeWindowPartial,
  encodeVerdict,
  encodeWindowPartial,
  type PartialRecord,
} from '../../../../src/adapters/avro/codec.ts';
import type { CheckResult, Driver, Verdict } from '../../../../src/core/events/verdict.ts';

/** Where a long is exact with avsc: beyond it the zigzag form leaves the safe integers. */
const LONG_MAX = 2 ** 52;
const long = fc.integer({ min: -LONG_MAX, max: LONG_MAX });
const count = fc.integer({ min: 0, max: LONG_MAX });
const int = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const hash = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const text = fc.string({ unit: 'grapheme' });
const nullableNumber = fc.option(fc.double());

const partials: fc.Arbitrary<PartialRecord> = fc.record({
  rolloutId: text,
  partition: int,
  windowStartMs: long,
  windowEndMs: long,
  revision: int,
  profileHash: fc.option(text),
  layoutHash: text,
  countIndex: fc.array(int),
  countValue: fc.array(count),
  sumIndex: fc.array(int),
  sumHigh: fc.array(long),
  sumLow: fc.array(fc.integer({ min: 0, max: 2 ** 52 - 1 })),
  sampling: fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true })), { maxLength: 4 }),
  positions: fc.array(fc.record({ topic: text, nextOffset: count, replayOffset: count })),
  watermarkMs: long,
  sample: fc.array(fc.record({ hashHigh: hash, hashLow: hash, row: fc.uint8Array() })),
});

const checks: fc.Arbitrary<CheckResult> = fc.record({
  name: text,
  type: fc.constantFrom('errorRate', 'latency', 'sampleRatio'),
  nature: fc.constantFrom('harm', 'difference', 'health'),
  status: fc.constantFrom('pass', 'fail', 'inconclusive', 'error'),
  asks: fc.constantFrom('rollback', 'hold', 'warn', 'none'),
  reason: fc.constantFrom('within_tolerance', 'bound_crossed', 'no_labels'),
  sentence: text,
  currentCount: count,
  canaryCount: count,
  countOf: fc.constantFrom('predictions', 'pairs', 'labels', 'blocks'),
  effect: nullableNumber,
  effectOf: text,
  bound: nullableNumber,
  threshold: nullableNumber,
  logEvidence: nullableNumber,
  weight: fc.double(),
  decidableInWindowCount: fc.option(fc.nat()),
});

const drivers: fc.Arbitrary<Driver> = fc.record({
  field: text,
  strength: fc.double(),
  measure: fc.constantFrom('mutual_information', 'eta_squared'),
  shareExplained: fc.double(),
  cell: text,
  cellPairCount: count,
  cellDisagreementRate: fc.double(),
  lift: fc.double(),
  direction: nullableNumber,
});

const verdicts: fc.Arbitrary<Verdict> = fc.record({
  id: text,
  rolloutId: text,
  model: text,
  currentVersion: text,
  canaryVersion: text,
  stage: fc.record({ index: int, share: fc.double(), fromMs: long }),
  windowStartMs: long,
  windowEndMs: long,
  revision: int,
  policyDigest: text,
  decision: fc.constantFrom('promote', 'hold', 'rollback'),
  reason: text,
  checks: fc.array(checks, { maxLength: 5 }),
  drivers: fc.array(drivers, { maxLength: 5 }),
  logEvidence: fc.double(),
  logEvidenceLimit: fc.double(),
});

const EMPTY: PartialRecord = {
  rolloutId: 'fraud-v7.1',
  partition: 3,
  windowStartMs: 60_000,
  windowEndMs: 120_000,
  revision: 0,
  profileHash: null,
  layoutHash: 'l',
  countIndex: [],
  countValue: [],
  sumIndex: [],
  sumHigh: [],
  sumLow: [],
  sampling: [],
  positions: [],
  watermarkMs: 150_000,
  sample: [],
};

describe('a window partial in Avro', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(partials, (partial) => {
        expect(decodeWindowPartial(encodeWindowPartial(partial))).toEqual(partial);
      }),
    );
  });

  it('has the same bytes whenever it is the same', () => {
    fc.assert(
      fc.property(partials, (partial) => {
        const reordered = Object.fromEntries(Object.entries(structuredClone(partial)).toReversed());
        const bytes = encodeWindowPartial({ ...EMPTY, ...reordered });
        expect(bytes).toEqual(encodeWindowPartial(partial));
      }),
    );
  });

  it('takes few bytes when it is empty', () => {
    expect(encodeWindowPartial(EMPTY)).toHaveLength(33);
  });

  it('is refused when a count is not an exact integer', () => {
    const withHigh = (high: number): PartialRecord => ({
      ...EMPTY,
      sumIndex: [0],
      sumHigh: [high],
      sumLow: [LONG_MAX - 1],
    });
    for (const high of [-LONG_MAX - 1, LONG_MAX + 1, 0.5, Number.NaN]) {
      expect(() => encodeWindowPartial(withHigh(high))).toThrow('is exact in Avro');
    }
    for (const high of [-LONG_MAX, LONG_MAX, -1]) {
      expect(decodeWindowPartial(encodeWindowPartial(withHigh(high)))).toEqual(withHigh(high));
    }
  });

  it('is refused when its bytes are cut or too many', () => {
    const bytes = encodeWindowPartial({ ...EMPTY, countIndex: [7], countValue: [9] });
    expect(() => decodeWindowPartial(bytes.subarray(0, -1))).toThrow('truncated buffer');
    expect(() => decodeWindowPartial(new Uint8Array([...bytes, 0]))).toThrow('trailing data');
  });

  it('may be decoded from the middle of other bytes', () => {
    const bytes = encodeWindowPartial(EMPTY);
    const around = new Uint8Array([1, 2, 3, ...bytes, 4]);
    expect(decodeWindowPartial(around.subarray(3, -1))).toEqual(EMPTY);
  });
});

describe('a verdict in Avro', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(verdicts, (verdict) => {
        expect(decodeVerdict(encodeVerdict(verdict))).toEqual(verdict);
      }),
    );
  });

  it('has the same bytes whenever it is the same', () => {
    fc.assert(
      fc.property(verdicts, (verdict) => {
        expect(encodeVerdict(structuredClone(verdict))).toEqual(encodeVerdict(verdict));
      }),
    );
  });
});
