import { describe, expect, it } from 'vitest';
import { durationText } from '../../../../src/app/service/duration-text.ts';

describe('a duration for a person', () => {
  it.each([
    [0, '0ms'],
    [250, '250ms'],
    [1_500, '1s 500ms'],
    [120_000, '2m'],
    [3_601_000, '1h 1s'],
    [90_061_000, '1d 1h'],
  ])('of %d ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
