import { describe, expect, it } from 'vitest';
import { numberText, shareText, timeText } from '../../../src/cli/number-text.ts';

describe('numbers for people', () => {
  it.each([
    [0, '0 %'],
    [0.0125, '1.25 %'],
    [0.07, '7 %'],
    [1 / 3, '33.33 %'],
    [1, '100 %'],
  ])('writes the share %d as %s', (share, text) => {
    expect(shareText(share)).toBe(text);
  });

  it.each([
    [null, '-'],
    [0, '0'],
    [123456, '123456'],
    [0.123456, '0.1235'],
    [-4.60517, '-4.605'],
  ])('writes %s as %s', (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  it('writes event time in UTC, with the milliseconds only where there are some', () => {
    expect(timeText(986_965_200_000)).toBe('2001-04-11 05:00:00Z');
    expect(timeText(986_965_200_250)).toBe('2001-04-11 05:00:00.250Z');
  });
});
