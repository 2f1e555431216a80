import { describe, expect, it } from 'vitest';
import { firstDifference } from '../../../src/app/difference.ts';

describe('the first difference of two records', () => {
  it('is none between equal ones, NaN included', () => {
    const record = { a: [1, { b: Number.NaN }], c: null, d: 'x' };
    expect(firstDifference(record, structuredClone(record))).toBeNull();
  });

  it('is named by its path, with both values', () => {
    const stored = { counts: { matched: 3 }, cells: [1, 2] };
    expect(firstDifference(stored, { counts: { matched: 3 }, cells: [1, 4] })).toEqual({
      path: 'cells.1',
      stored: '2',
      derived: '4',
    });
  });

  it('tells 0 from -0, and the last bit of a sum', () => {
    expect(firstDifference({ sum: 0 }, { sum: -0 })).toMatchObject({ stored: '0', derived: '-0' });
    expect(firstDifference(0.3, 0.1 + 0.2)).toMatchObject({ derived: '0.30000000000000004' });
  });

  it.each([
    [{ a: 1 }, {}, { path: 'a', stored: '1', derived: 'nothing' }],
    [{}, { a: 'x' }, { path: 'a', stored: 'nothing', derived: '"x"' }],
    [{ a: [] }, { a: {} }, { path: 'a', stored: '[]', derived: '{}' }],
    [{ a: null }, { a: { b: 1 } }, { path: 'a', stored: 'null', derived: '{"b":1}' }],
  ])('between %j and %j is where they part', (stored, derived, difference) => {
    expect(firstDifference(stored, derived)).toEqual(difference);
  });
});
