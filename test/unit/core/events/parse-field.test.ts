import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  badTimeDetail,
  describeValue,
  utf8Length,
} from '../../../../src/core/events/parse-field.ts';

describe('utf8Length', () => {
  test('counts the bytes that an encoder writes, lone surrogates included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Length(text)).toBe(Buffer.byteLength(text));
      }),
    );
    expect(utf8Length('\ud800')).toBe(3);
    expect(utf8Length('\udc00\ud800')).toBe(6);
  });
});

describe('badTimeDetail', () => {
  test.each([
    [986_947_200, 'looks like seconds'],
    [986_947_200_000_000, 'looks like microseconds'],
    [986_947_200_000_000_000, 'looks like nanoseconds'],
    [-1, 'is negative'],
    [32_503_680_000_000, 'is not between 1990 and 2100'],
    [5, 'is not between 1990 and 2100'],
  ])('of %d says that it %s', (value, words) => {
    expect(badTimeDetail('event_time', value)).toContain(words);
    expect(badTimeDetail('event_time', value)).toContain('ms since 1970 are wanted');
  });
});

describe('describeValue', () => {
  test('names the type and shows a short piece of it', () => {
    expect(describeValue(null)).toBe('null');
    expect(describeValue([1, 2])).toBe('a list of 2');
    expect(describeValue({ a: 1 })).toBe('an object');
    expect(describeValue(3)).toBe('the number 3');
    expect(describeValue(true)).toBe('the boolean true');
    expect(describeValue('x'.repeat(50))).toBe(`the string "${'x'.repeat(40)}..."`);
    expect(describeValue(() => 1)).toBe('a function');
  });
});
