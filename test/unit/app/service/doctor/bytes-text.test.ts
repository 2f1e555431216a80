import { describe, expect, it } from 'vitest';
import { bytesText } from '../../../../../src/app/service/doctor/bytes-text.ts';

describe('a size for a person', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1_500_000, '1.5 MB'],
    [80_612_345_678, '80.6 GB'],
    [2e15, '2000 TB'],
  ])('of %d bytes is %s', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });
});
