import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJsonText } from '../../../../src/core/events/json-text.ts';

describe('parseJsonText', () => {
  test('reads what JSON reads, for any value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(parseJsonText(text)).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  test('reads the bare words that Python writes as numbers that are not finite', () => {
    expect(parseJsonText('{"a": NaN, "b": [Infinity, -Infinity]}')).toEqual({
      ok: true,
      value: { a: Infinity, b: [Infinity, -Infinity] },
    });
  });

  test('leaves the same words alone inside of strings, escaped quotes included', () => {
    const text = String.raw`{"NaN": "Infinity \" NaN \\", "x": NaN}`;
    expect(parseJsonText(text)).toEqual({
      ok: true,
      value: { NaN: String.raw`Infinity " NaN \ `.trimEnd(), x: Infinity },
    });
  });

  test.each(['', '{"a": 1', '{"a": NaN', 'nan', '{a: 1}', '"NaN', '[NaNNaN]', '{"a": N}'])(
    'says what is wrong with %j',
    (text) => {
      const result = parseJsonText(text);
      expect(result.ok).toBe(false);
      expect(result.ok ? '' : result.detail).not.toBe('');
    },
  );

  test('takes a text of a million quotes without running out of stack', () => {
    const text = `[NaN, ${JSON.stringify('"'.repeat(500_000))}]`;
    expect(parseJsonText(text)).toEqual({ ok: true, value: [Infinity, '"'.repeat(500_000)] });
  });
});
