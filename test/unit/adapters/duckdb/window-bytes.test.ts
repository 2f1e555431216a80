import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packed, unpacked, unpackedText } from '../../../../src/adapters/duckdb/window-bytes.ts';

describe('stored documents', () => {
  it('come back as they were, bytes and text', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 30_000 }),
        fc.string({ unit: 'grapheme' }),
        (bytes, text) => {
          expect(unpacked(packed(bytes))).toStrictEqual(bytes);
          expect(unpackedText(packed(text))).toBe(text);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('are cut into parts of at most 4,000 bytes', () => {
    let x = 1;
    const noise = Uint8Array.from(
      { length: 20_000 },
      () => (x = (x * 48_271) % 2_147_483_647) % 256,
    );
    const parts = packed(noise);
    expect(parts.length).toBeGreaterThanOrEqual(5);
    expect(Math.max(...parts.map((part) => part.length))).toBe(4000);
    expect(unpacked(parts)).toStrictEqual(noise);
  });

  it('are one part when empty', () => {
    expect(packed('')).toHaveLength(1);
    expect(unpackedText(packed(''))).toBe('');
  });
});
