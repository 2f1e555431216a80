import { describe, expect, test } from 'vitest';
import { unionFields } from '../../../../../src/adapters/files/reader/fields.ts';
import type { FileShape, ValueShape } from '../../../../../src/adapters/files/reader/shape.ts';

function shapeOf(
  path: string,
  values: readonly string[],
  columns: readonly string[] = [],
): FileShape {
  return {
    file: { path, sizeBytes: 1, modifiedMs: 0 },
    parquetPath: path,
    rowCount: 10,
    columns: new Map(columns.map((name) => [name, { sql: name, valueClass: 'number' }])),
    values: values.map((text): ValueShape => {
      const [role = '', key = '', valueClass = ''] = text.split(' ');
      if (role !== 'feature' && role !== 'context' && role !== 'class_probability') {
        throw new Error(role);
      }
      if (valueClass !== 'number' && valueClass !== 'text' && valueClass !== 'other') {
        throw new Error(valueClass);
      }
      return { role, key, sql: key, valueClass };
    }),
    problemColumn: null,
    warnings: [],
  };
}

describe('unionFields', () => {
  test('joins what the files hold, in order of role and name', () => {
    const union = unionFields(
      [
        shapeOf('a', ['feature b number', 'context x text'], ['score']),
        shapeOf('b', ['feature a text', 'class_probability p number'], ['label', 'confidence']),
      ],
      10,
    );
    expect(union.layout.numbers.map(({ name }) => name)).toEqual([
      'score',
      'confidence',
      'class_probability.p',
      'feature.b',
    ]);
    expect(union.layout.categories.map(({ name }) => name)).toEqual([
      'label',
      'feature.a',
      'context.x',
    ]);
    expect(union.warnings).toEqual([]);
  });

  test('a field is what the first file says; another type elsewhere is a warning', () => {
    const union = unionFields(
      [shapeOf('a', ['feature b number']), shapeOf('b.parquet', ['feature b text'])],
      10,
    );
    expect(union.layout.numbers.map(({ name }) => name)).toEqual(['feature.b']);
    expect(union.warnings).toEqual(['mistyped: feature.b 10 (not numbers in b.parquet)']);
  });

  test('names what is beyond the limit, then what has no counts', () => {
    const union = unionFields(
      [shapeOf('a', ['context a number', 'feature z number', 'feature list other'])],
      1,
    );
    expect(union.layout.numbers.map(({ name }) => name)).toEqual(['feature.z']);
    expect(union.notWatched).toEqual(['context.a', 'feature.list']);
  });

  test('of no files is an empty layout', () => {
    expect(unionFields([], 10).layout).toEqual({ numbers: [], categories: [] });
  });
});
