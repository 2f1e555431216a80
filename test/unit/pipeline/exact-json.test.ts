import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactJson, parseExactJson } from '../../../src/pipeline/exact-json.ts';
import { summaryOf, verdictOf } from '../../contract/fixtures/commit.ts';

describe('exact JSON', () => {
  it('gives every double back bit for bit', () => {
    const doubles = fc.array(fc.double(), { maxLength: 20 });
    fc.assert(
      fc.property(doubles, (differenceSums) => {
        expect(parseExactJson(exactJson({ differenceSums }))).toStrictEqual({ differenceSums });
      }),
    );
  });

  it('writes what JSON cannot say as strings that SQL casts', () => {
    const record = {
      a: Number.NaN,
      b: Number.NEGATIVE_INFINITY,
      c: -0,
      d: [Number.POSITIVE_INFINITY],
    };
    expect(exactJson(record)).toBe('{"a":"NaN","b":"-Infinity","c":"-0","d":["Infinity"]}');
  });

  it('leaves text alone that reads like a number', () => {
    const record = { cells: ['NaN', '-0', 'EWR'], categories: ['Infinity'], sum: Number.NaN };
    expect(parseExactJson(exactJson(record))).toStrictEqual(record);
  });

  it('is the usual JSON of an ordinary record', () => {
    expect(exactJson(verdictOf(1))).toBe(JSON.stringify(verdictOf(1)));
    expect(parseExactJson(exactJson(summaryOf(4)))).toStrictEqual(summaryOf(4));
  });
});
