import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Interner } from '../../../../../src/adapters/avro/decode/interner.ts';

describe('the interner', () => {
  it('gives equal texts one number and others another, as text or as bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 30 })), (texts) => {
        const interner = new Interner();
        const ids = texts.map((text) => interner.idOfText(text));
        expect(ids.map((id) => interner.textOf(id))).toEqual(texts);
        expect(new Set(ids).size).toBe(new Set(texts).size);
        for (const [i, text] of texts.entries()) {
          const bytes = Buffer.from(`..${text}.`);
          const range = { bytes, from: 2, to: bytes.length - 1 };
          expect(interner.idOf(range)).toBe(ids[i]);
        }
      }),
    );
  });

  it('keeps its numbers while it grows, and forgets them all when there are too many', () => {
    const interner = new Interner();
    const first = interner.idOfText('first');
    const words = [interner.low(first), interner.high(first)];
    for (let i = 0; i < 5_000; i += 1) interner.idOfText(`text ${i}`);
    expect(interner.idOfText('first')).toBe(first);
    interner.tidy(5_001);
    expect([interner.size, interner.generation]).toEqual([5_001, 0]);
    interner.tidy(5_000);
    expect([interner.size, interner.generation]).toEqual([0, 1]);
    const again = interner.idOfText('first');
    expect([interner.low(again), interner.high(again)]).toEqual(words);
  });
});
