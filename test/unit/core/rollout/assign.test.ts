import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bucketOf, murmur3 } from '../../../../src/core/foundation/hash.ts';
import {
  assign,
  canaryBucketCount,
  explainAssignment,
  isAsked,
} from '../../../../src/core/rollout/assign.ts';
import { withEnd } from '../../../../src/core/rollout/routing-table.ts';
import { MINUTE_MS, tableOf } from '../../../support/rollout.ts';

const golden = z
  .object({
    cases: z.array(
      z.object({
        name: z.string(),
        function: z.string(),
        input: z.unknown(),
        expected: z.unknown(),
      }),
    ),
  })
  .parse(
    JSON.parse(readFileSync(new URL('../../../golden/hashing.json', import.meta.url), 'utf8')),
  );
const casesOf = (name: string) => golden.cases.filter((each) => each.function === name);

describe('conformance vectors', () => {
  const Buckets = z.object({
    salt: z.string(),
    unitId: z.string(),
    total: z.int(),
    canaryWeights: z.array(z.int()),
  });
  const Expected = z.object({ hash: z.int(), bucket: z.int(), arms: z.array(z.string()) });

  test.each(casesOf('bucket'))('$name', ({ input, expected }) => {
    const { salt, unitId, total, canaryWeights } = Buckets.parse(input);
    const want = Expected.parse(expected);
    const got = canaryWeights.map((weight) =>
      assign(tableOf({ salt, total, shares: [{ fromMs: 0, share: weight / total }] }), {
        unitId,
        atMs: 0,
      }),
    );
    expect(got.map(({ arm }) => arm)).toEqual(want.arms);
    for (const { hash, bucket } of got)
      expect({ hash, bucket }).toEqual({ hash: want.hash, bucket: want.bucket });
  });

  const Counts = z.object({
    salt: z.string(),
    prefix: z.string(),
    n: z.int(),
    total: z.int(),
    canaryWeights: z.array(z.int()),
  });
  const Sums = z.object({ canaryUnits: z.array(z.int()), rollingChecksum: z.int() });

  test.each(casesOf('bucketCounts'))('$name', ({ input, expected }) => {
    const { salt, prefix, n, total, canaryWeights } = Counts.parse(input);
    const buckets = Array.from({ length: n }, (_, i) =>
      bucketOf(murmur3(`${salt}${prefix}${i}`), total),
    );
    const canaryUnits = canaryWeights.map(
      (weight) => buckets.filter((bucket) => bucket < weight).length,
    );
    const rollingChecksum = buckets.reduce((sum, bucket) => (sum * 31 + bucket) % 2 ** 32, 0);
    expect({ canaryUnits, rollingChecksum }).toEqual(Sums.parse(expected));
  });

  test('the vectors hold ids beyond ASCII', () => {
    expect(JSON.stringify(casesOf('bucket').map(({ input }) => input))).toContain('山田太郎');
  });
});

describe('assignment', () => {
  const ramp = tableOf({
    salt: 'fraud/r1',
    shares: [
      { fromMs: 0, share: 0 },
      { fromMs: MINUTE_MS, share: 0.25 },
      { fromMs: 2 * MINUTE_MS, share: 0.5 },
    ],
  });
  /** user-1 of fraud/r1 is in bucket 2922: current at 25 %, canary at 50 %. */
  const unitId = 'user-1';

  test('follows the share at the event time', () => {
    const arms = [0, 1, 2].map((minute) => assign(ramp, { unitId, atMs: minute * MINUTE_MS }).arm);
    expect(arms).toEqual(['current', 'current', 'canary']);
  });

  test('with boundary session follows the share at the session start', () => {
    const atMs = 3 * MINUTE_MS;
    const early = assign(ramp, { unitId, atMs, sessionStartMs: MINUTE_MS });
    expect(early).toMatchObject({ arm: 'current', share: 0.25, why: 'share_at_session_start' });
    const late = assign(ramp, { unitId, atMs, sessionStartMs: 2 * MINUTE_MS });
    expect(late).toMatchObject({ arm: 'canary', share: 0.5 });
  });

  test('with boundary request ignores the session', () => {
    const table = { ...ramp, boundary: 'request' as const };
    const got = assign(table, { unitId, atMs: 3 * MINUTE_MS, sessionStartMs: 0 });
    expect(got).toMatchObject({ arm: 'canary', why: 'share_now' });
  });

  test('a session clock that runs ahead sees no share that is still to come', () => {
    const got = assign(ramp, { unitId, atMs: MINUTE_MS, sessionStartMs: 5 * MINUTE_MS });
    expect(got).toMatchObject({ arm: 'current', share: 0.25 });
  });

  test('a rollback ends every session at its boundary', () => {
    const back = withEnd(ramp, { fromMs: 3 * MINUTE_MS, share: 0 });
    const session = { unitId, sessionStartMs: 2 * MINUTE_MS };
    expect(assign(back, { ...session, atMs: 3 * MINUTE_MS - 1 }).arm).toBe('canary');
    const got = assign(back, { ...session, atMs: 3 * MINUTE_MS });
    expect(got).toMatchObject({ arm: 'current', share: 0, why: 'no_share' });
  });

  test('a promotion ends every session at its boundary', () => {
    const over = withEnd(ramp, { fromMs: 4 * MINUTE_MS, share: 0.5 });
    const session = { unitId, sessionStartMs: MINUTE_MS };
    expect(assign(over, { ...session, atMs: 4 * MINUTE_MS - 1 }).arm).toBe('current');
    const got = assign(over, { ...session, atMs: 4 * MINUTE_MS });
    expect(got).toMatchObject({ arm: 'canary', share: 0.5, why: 'share_now' });
  });

  test('a share of 1 has every bucket and a share of 0 none', () => {
    expect([0, 0.01, 0.5, 1].map((share) => canaryBucketCount(share, 10_000))).toEqual([
      0, 100, 5000, 10_000,
    ]);
  });

  test('is explained in one sentence', () => {
    const explain = (minute: number, sessionStartMs: number | null = null) =>
      explainAssignment(ramp, assign(ramp, { unitId, atMs: minute * MINUTE_MS, sessionStartMs }));
    expect(explain(0)).toBe(
      'current v6: the canary has no traffic at this time (bucket 2922 of 10000)',
    );
    expect(explain(2)).toBe('canary v7: bucket 2922 of 10000 is below 5000 (50 % of the units)');
    expect(explain(3, MINUTE_MS)).toBe(
      'current v6: bucket 2922 of 10000 is not below 2500 (25 % of the units when its session began)',
    );
  });
});

describe('the mirror rule', () => {
  const asked = (share: number, n = 4000) =>
    Array.from({ length: n }, (_, i) =>
      isAsked(share, { rolloutId: 'fraud-v7.1', requestId: `r-${i}` }),
    );

  test('asks all at share 1 and none at share 0', () => {
    expect(asked(1).every(Boolean)).toBe(true);
    expect(asked(0).some(Boolean)).toBe(false);
  });

  test('is the bucket of its own prefix, the rollout and the request, which other programs compute too', () => {
    const bucket = bucketOf(murmur3('mirror:fraud-v7.1r-1'), 10_000);
    const request = { rolloutId: 'fraud-v7.1', requestId: 'r-1' };
    expect(isAsked(bucket / 10_000, request)).toBe(false);
    expect(isAsked((bucket + 1) / 10_000, request)).toBe(true);
  });

  test('asks about its share of the requests, and the same ones at a larger share', () => {
    const tenth = asked(0.1);
    const half = asked(0.5);
    expect(tenth.filter(Boolean).length / tenth.length).toBeCloseTo(0.1, 1);
    expect(tenth.every((isIn, i) => !isIn || half[i])).toBe(true);
  });

  test('does not follow the assignment of the same id', () => {
    const table = tableOf({ shares: [{ fromMs: 0, share: 0.5 }] });
    const canary = Array.from(
      { length: 4000 },
      (_, i) => assign(table, { unitId: `r-${i}`, atMs: 0 }).arm === 'canary',
    );
    const both = asked(0.5).filter((isIn, i) => isIn && canary[i]).length;
    expect(both / 4000).toBeCloseTo(0.25, 1);
  });
});
