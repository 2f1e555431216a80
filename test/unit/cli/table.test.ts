import { describe, expect, it } from 'vitest';
import { styleFor } from '../../../src/cli/style.ts';
import { fieldsText, tableText } from '../../../src/cli/table.ts';

const plain = styleFor({ isTTY: false, env: {} });

describe('tables', () => {
  it('has no rules, no trailing blanks, and a dash for what is absent', () => {
    const text = tableText(
      {
        head: ['name', 'n'],
        rows: [
          ['a', 10],
          ['long name', null],
        ],
        right: [1],
      },
      plain,
    );
    expect(text).toBe('NAME        N\na          10\nlong name   -');
  });

  it('is its heading alone when there are no rows', () => {
    expect(tableText({ head: ['name', 'n'], rows: [] }, plain)).toBe('NAME  N');
  });

  it('lines up named values', () => {
    expect(
      fieldsText(
        [
          ['unit', 'u1'],
          ['bucket', 3],
        ],
        plain,
      ),
    ).toBe('unit:   u1\nbucket: 3');
    expect(fieldsText([], plain)).toBe('');
  });
});
