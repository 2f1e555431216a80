import fc from 'fast-check';
import { compress } from 'snappyjs';
import { describe, expect, test } from 'vitest';
import { compressFrames, uncompressFrames } from '../../../../src/adapters/kafka/snappy-frames.ts';

describe('Snappy as Java frames it', () => {
  test('gives back what it was given, over block borders too', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 0, max: 700 }),
        (bytes, times) => {
          const content = Buffer.concat(Array.from({ length: times }, () => bytes));
          expect(uncompressFrames(compressFrames(content)).equals(content)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('also reads one bare block', () => {
    const content = Buffer.from('a bare block, as other clients write it, a bare block');
    expect(uncompressFrames(Buffer.from(compress(content)))).toEqual(content);
  });

  test('begins with the header that Java looks for', () => {
    const frames = compressFrames(Buffer.from('x'));
    expect(frames.subarray(0, 16).toString('hex')).toBe('82534e41505059000000000100000001');
  });
});
