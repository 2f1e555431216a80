import { describe, expect, it } from 'vitest';
import type { Field } from '../../../../src/core/events/field.ts';
import type { FieldCells, ReferenceProfile } from '../../../../src/core/events/profile.ts';
import {
  DICTIONARY_SIZE_MAX,
  GrowingSchema,
  HASHED_CODE_MIN,
  WATCHED_FIELDS_MAX,
} from '../../../../src/pipeline/stream/stream-schema.ts';

function numberField(name: string): Field {
  return { name: `feature.${name}`, role: 'feature', kind: 'number' };
}

const COUNTRY: Field & { readonly kind: 'category' } = {
  name: 'context.country',
  role: 'context',
  kind: 'category',
};

function profileOf(fields: readonly FieldCells[]): ReferenceProfile {
  const times = { sampleCount: 1, fromMs: 0, toMs: 1, notWatched: [] };
  return { model: 'fraud', currentVersion: 'v6', ...times, fields };
}

function countries(categories: readonly string[]): FieldCells {
  return { field: COUNTRY, categories, overflow: true, referenceCounts: [] };
}

function names(schema: GrowingSchema): unknown {
  const { numbers, categories } = schema.layout;
  return [numbers.map(({ name }) => name), categories.map(({ name }) => name)];
}

describe('the columns of a stream', () => {
  it('begin with score and label, and grow at the end', () => {
    const schema = new GrowingSchema();
    const before = schema.revision;
    schema.watch(COUNTRY);
    schema.watch(numberField('amount'));
    schema.watch(COUNTRY);
    expect(names(schema)).toEqual([
      ['score', 'feature.amount'],
      ['label', 'context.country'],
    ]);
    expect(schema.revision).toBeGreaterThan(before);
    expect(schema.columnOf('feature.amount', 'number')).toBe(1);
    expect(schema.columnOf('feature.amount', 'category')).toBe(-1);
  });

  it('are two for a field that has numbers and texts', () => {
    const schema = new GrowingSchema();
    schema.watch(COUNTRY);
    schema.watch({ ...COUNTRY, kind: 'number' });
    expect(names(schema)).toEqual([
      ['score', 'context.country'],
      ['label', 'context.country'],
    ]);
  });

  it('stop at a bound, and list what has no column', () => {
    const schema = new GrowingSchema();
    for (let i = 0; i < WATCHED_FIELDS_MAX + 1; i += 1) schema.watch(numberField(`f${i}`));
    schema.watch(numberField(`f${WATCHED_FIELDS_MAX}`));
    expect(schema.layout.numbers.length + schema.layout.categories.length).toBe(WATCHED_FIELDS_MAX);
    expect(schema.notWatched).toEqual([998, 999, 1000].map((i) => `feature.f${i}`));
  });

  it('give every text of a field a code of its own, and beyond a bound a hash', () => {
    const schema = new GrowingSchema();
    expect(['a', 'b', 'a'].map((text) => schema.codeOf(0, text))).toEqual([1, 2, 1]);
    expect(schema.dictionaries[0]?.values).toEqual(['a', 'b']);
    for (let i = 0; i < DICTIONARY_SIZE_MAX; i += 1) schema.codeOf(0, `t${i}`);
    expect(schema.dictionaries[0]?.values).toHaveLength(DICTIONARY_SIZE_MAX);
    const [first, second, again] = ['new', 'other', 'new'].map((text) => schema.codeOf(0, text));
    expect(again).toBe(first);
    expect(second).not.toBe(first);
    expect(Math.min(first ?? 0, second ?? 0)).toBeGreaterThanOrEqual(HASHED_CODE_MIN);
    expect(schema.codeOf(0, 'a')).toBe(1);
  });
});

describe('a profile that is adopted', () => {
  it('brings columns for all of its fields, keeps those that are there, and ends the watching', () => {
    const schema = new GrowingSchema();
    schema.watch(numberField('amount'));
    schema.watch(COUNTRY);
    schema.codeOf(1, 'FR');
    schema.adopt(profileOf([countries(['DE', 'FR'])]));
    schema.watch(numberField('late'));
    expect(names(schema)).toEqual([
      ['score', 'feature.amount'],
      ['label', 'context.country'],
    ]);
    expect(schema.columnOf('score', 'number')).toBe(0);
    expect(schema.columnOf('context.country', 'category')).toBe(1);
    expect(schema.columnOf('feature.amount', 'number')).toBe(-1);
    expect(schema.dictionaries[1]?.values).toEqual(['FR', 'DE']);
  });

  it('gives a field its kind, whatever was seen first, and a later one its old column', () => {
    const schema = new GrowingSchema();
    schema.watch({ ...COUNTRY, kind: 'number' });
    schema.adopt(profileOf([countries(['DE'])]));
    expect(schema.columnOf('context.country', 'number')).toBe(-1);
    expect(schema.columnOf('context.country', 'category')).toBe(1);
    schema.adopt(profileOf([]));
    expect(schema.columnOf('context.country', 'category')).toBe(-1);
    schema.adopt(profileOf([countries(['DE', 'IT'])]));
    expect(schema.columnOf('context.country', 'category')).toBe(1);
    expect(schema.dictionaries[1]?.values).toEqual(['DE', 'IT']);
  });

  it('has its categories known even where the dictionary was full', () => {
    const schema = new GrowingSchema();
    schema.watch(COUNTRY);
    for (let i = 0; i < DICTIONARY_SIZE_MAX; i += 1) schema.codeOf(1, `t${i}`);
    schema.adopt(profileOf([countries(['DE'])]));
    expect(schema.codeOf(1, 'DE')).toBe(DICTIONARY_SIZE_MAX + 1);
    expect(schema.codeOf(1, 'DE')).toBeLessThan(HASHED_CODE_MIN);
  });
});
