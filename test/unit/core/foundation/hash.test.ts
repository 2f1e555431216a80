import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import murmurhash from 'murmurhash';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bucketOf, murmur3 } from '../../../../src/core/foundation/hash.ts';

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

describe('murmur3 gives the reference values', () => {
  const Hashed = z.object({ text: z.string(), seed: z.int() });
  const vectors = golden.cases.flatMap(({ function: of, name, input, expected }) => {
    const hashed = of === 'murmur3_32' ? Hashed.parse(input) : null;
    if (hashed?.seed !== 0) return [];
    return [{ name, text: hashed.text, ...z.object({ hash: z.int() }).parse(expected) }];
  });

  test.each(vectors)('$name', ({ text, hash }) => {
    expect(murmur3(text)).toBe(hash);
  });

  test('there are such values, beyond ASCII too', () => {
    expect(vectors.length).toBeGreaterThan(15);
    expect(vectors.some(({ text }) => new TextEncoder().encode(text).length > text.length)).toBe(
      true,
    );
  });
});

describe('weighted variants of other tools fall in the same buckets', () => {
  const Weighted = z.object({
    text: z.string(),
    variants: z.array(z.tuple([z.string(), z.int()])),
  });
  const vectors = golden.cases.flatMap(({ function: of, name, input, expected }) =>
    of === 'variant'
      ? [{ name, ...Weighted.parse(input), ...z.object({ bucket: z.int() }).parse(expected) }]
      : [],
  );

  test.each(vectors)('$name', ({ text, variants, bucket }) => {
    const total = variants.reduce((sum, [, weight]) => sum + weight, 0);
    expect(bucketOf(murmur3(text), total)).toBe(bucket);
  });
});

test('buckets are exact beyond 2^53', () => {
  for (const hash of [0, 1, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1]) {
    for (const total of [1, 3, 10_000, 2 ** 31 - 1]) {
      expect(bucketOf(hash, total)).toBe(Number((BigInt(hash) * BigInt(total)) >> 32n));
    }
  }
});

test('short, long, ASCII and other texts have the hash of their UTF-8 bytes', () => {
  const texts = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.integer({ min: 250, max: 260 }).map((length) => 'x'.repeat(length)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(murmur3(text)).toBe(murmurhash.v3(new TextEncoder().encode(text), 0));
    }),
  );
});
