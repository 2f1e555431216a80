import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { canonicalJson, planDigest } from '../../../../src/app/plan/digest.ts';
import { parsePlan } from '../../../../src/app/plan/parse.ts';
import { formatProblems } from '../../../../src/app/plan/problem.ts';
import { FULL_PLAN, planInstead, planWith, SHORT_PLAN } from './plans.ts';

function digestOf(text: string): string {
  const result = parsePlan(text, 'plan.yaml');
  if (!result.ok) throw new Error(formatProblems(result.problems));
  expect(planDigest(result.plan)).toBe(result.digest);
  return result.digest;
}

/** The same document with the keys of every mapping in an order drawn by `seed`. */
function shuffled(value: unknown, seed: readonly number[]): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, seed));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item], i) => ({
    rank: seed[(i + key.length) % seed.length] ?? 0,
    entry: [key, shuffled(item, seed)] as const,
  }));
  return Object.fromEntries(entries.toSorted((a, b) => a.rank - b.rank).map(({ entry }) => entry));
}

describe('the policy digest', () => {
  it('is a sha256 in hex', () => {
    expect(digestOf(SHORT_PLAN)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('does not depend on comments, on the order of keys, or on the form of the YAML', () => {
    const expected = digestOf(FULL_PLAN);
    const document: unknown = parse(FULL_PLAN);
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 5, maxLength: 30 }), (seed) => {
        expect(digestOf(stringify(shuffled(document, seed)))).toBe(expected);
      }),
      { numRuns: 30 },
    );
    expect(digestOf(JSON.stringify(document))).toBe(expected);
    expect(digestOf(`# a comment\n${FULL_PLAN}`)).toBe(expected);
  });

  it('does not change when a default is written out, or a duration in another unit', () => {
    expect(digestOf(planWith('window: { length: 1m }', 'bake: 1800s'))).toBe(digestOf(SHORT_PLAN));
  });

  it.each([
    'notifications: []',
    'routing: [{ file: { path: r.json } }]',
    'keepPairs: { mode: none }',
    'limits: { openKeyCountMax: 5, deadLetterCountMax: 5 }',
  ])('does not change with what leaves the evidence alone: %s', (line) => {
    expect(digestOf(planWith(line))).toBe(digestOf(SHORT_PLAN));
  });

  it.each([
    'falseRollbackRate: 0.02',
    'window: { length: 30s }',
    'bake: 31m',
    'decision: { threshold: 0.5 }',
    'limits: { awaitingCountMax: 5 }',
    'metrics: [{ name: error-rate, type: errorRate }]',
  ])('changes with what makes the evidence: %s', (line) => {
    expect(digestOf(planWith(line))).not.toBe(digestOf(SHORT_PLAN));
  });

  it('changes with the versions, not with the name of the rollout', () => {
    expect(digestOf(planInstead('v7\n  step', 'v8\n  step'))).not.toBe(digestOf(SHORT_PLAN));
    expect(digestOf(planInstead('fraud-v7', 'again'))).toBe(digestOf(SHORT_PLAN));
  });
});

describe('canonical JSON', () => {
  it('sorts keys at every depth and keeps the order of lists', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 'x' }, 2], a: null })).toBe(
      '{"a":null,"b":[{"c":"x","d":1},2]}',
    );
  });
});
