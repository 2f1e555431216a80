import { describe, expect, it } from 'vitest';
import { bytesShown } from '../../../src/cli/bytes-shown.ts';

const text = (value: string) => new TextEncoder().encode(value);

describe('bytes for a person', () => {
  it.each([
    [text('{"a":1}'), { encoding: 'json', text: '{"a":1}', schemaId: null }],
    [text('a\tb\n'), { encoding: 'text', text: 'a\tb\n', schemaId: null }],
    [text('17'), { encoding: 'text', text: '17', schemaId: null }],
    [text(''), { encoding: 'text', text: '', schemaId: null }],
    [Uint8Array.of(255, 0), { encoding: 'hex', text: 'ff00', schemaId: null }],
    [text('\u001b[31m'), { encoding: 'hex', text: '1b5b33316d', schemaId: null }],
    [Uint8Array.of(0, 0, 0, 1, 2, 9), { encoding: 'hex', text: '000000010209', schemaId: 258 }],
  ])('%j', (bytes, shown) => {
    expect(bytesShown(bytes)).toEqual(shown);
  });
});
