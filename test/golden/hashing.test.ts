import { describe, expect, it } from 'vitest';
import { bucketOf, murmur3 } from '../../src/core/foundation/hash.ts';
import { goldenCases, goldenMisses, listAt, numberAt, numberOf, numbersAt } from './golden.ts';

function textAt(input: Readonly<Record<string, unknown>>, key: string): string {
  const value = input[key];
  if (typeof value !== 'string') throw new Error(`${key} is not a text`);
  return value;
}

describe('the assignment hash against mmh3', () => {
  it('the hash of a text agrees beyond ASCII too', () => {
    const cases = goldenCases('hashing', 'murmur3_32', 22).filter(
      (one) => numberAt(one.input, 'seed') === 0,
    );
    expect(cases.length).toBe(18);
    const misses = cases.flatMap((one) =>
      goldenMisses(one, { hash: murmur3(textAt(one.input, 'text')) }),
    );
    expect(misses).toEqual([]);
  });

  it('the bucket and the arm at every share agree', () => {
    const misses = goldenCases('hashing', 'bucket', 8).flatMap((one) => {
      const hash = murmur3(textAt(one.input, 'salt') + textAt(one.input, 'unitId'));
      const bucket = bucketOf(hash, numberAt(one.input, 'total'));
      const weights = numbersAt(one.input, 'canaryWeights');
      expect(listAt(one.expected, 'arms').length).toBe(weights.length);
      const arms = weights.map((weight) => (bucket < weight ? 'canary' : 'current'));
      return goldenMisses(one, { hash, bucket, arms });
    });
    expect(misses).toEqual([]);
  });

  it('thousands of units fall to the canary as they should, at every share', () => {
    const misses = goldenCases('hashing', 'bucketCounts', 2).flatMap((one) => {
      const prefix = textAt(one.input, 'salt') + textAt(one.input, 'prefix');
      const total = numberAt(one.input, 'total');
      const buckets = Array.from({ length: numberAt(one.input, 'n') }, (_, i) =>
        bucketOf(murmur3(prefix + String(i)), total),
      );
      const canaryUnits = numbersAt(one.input, 'canaryWeights').map(
        (weight) => buckets.filter((bucket) => bucket < weight).length,
      );
      // c = (31 c + bucket) mod 2^32 over the buckets in order: proves each of them.
      const rollingChecksum = buckets.reduce((c, bucket) => (c * 31 + bucket) % 2 ** 32, 0);
      return goldenMisses(one, { canaryUnits, rollingChecksum });
    });
    expect(misses).toEqual([]);
  });

  it('any split by weights agrees with the flag evaluator that uses the same rule', () => {
    const misses = goldenCases('hashing', 'variant', 5).flatMap((one) => {
      const variants = listAt(one.input, 'variants').map((variant) =>
        Array.isArray(variant) ? { name: String(variant[0]), weight: numberOf(variant[1]) } : null,
      );
      const total = variants.reduce((sum, variant) => sum + (variant?.weight ?? 0), 0);
      const bucket = bucketOf(murmur3(textAt(one.input, 'text')), total);
      let edge = 0;
      const chosen = variants.find((variant) => {
        edge += variant?.weight ?? 0;
        return bucket < edge;
      });
      return goldenMisses(one, { bucket, variant: chosen?.name });
    });
    expect(misses).toEqual([]);
  });
});
