import type { Field, FieldLayout } from '../../../core/events/field.ts';
import { type FileShape, type ValueShape, valueFieldName } from './shape.ts';

/** The watched fields of all files, and what was left out. */
export interface FieldUnion {
  readonly layout: FieldLayout;
  /** Names of features and context fields beyond the limit, or of a type that cannot be counted. */
  readonly notWatched: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * The union of what the files hold. A field is what the first file that has it says; features come
 * before context fields, each in order of name, and the first `featuresMax` of them are watched.
 */
export function unionFields(shapes: readonly FileShape[], featuresMax: number): FieldUnion {
  const values = firstOfEach(shapes);
  const named = (role: ValueShape['role']): readonly ValueShape[] =>
    values.filter((value) => value.role === role).toSorted(byKey);
  const candidates = [...named('feature'), ...named('context')];
  const countable = candidates.filter(isCountable);
  const watched = countable.slice(0, featuresMax);
  const numbers: Field[] = scalar(shapes, 'score', 'number');
  numbers.push(...scalar(shapes, 'confidence', 'number'));
  numbers.push(...named('class_probability').map((value) => toField(value, 'number')));
  numbers.push(
    ...watched.filter((value) => value.valueClass === 'number').map((v) => toField(v, 'number')),
  );
  const categories = scalar(shapes, 'label', 'category');
  categories.push(
    ...watched.filter((value) => value.valueClass !== 'number').map((v) => toField(v, 'category')),
  );
  const layout = { numbers, categories };
  return {
    layout,
    notWatched: [
      ...countable.slice(featuresMax),
      ...candidates.filter((value) => !isCountable(value)),
    ].map(valueFieldName),
    warnings: typeConflicts(shapes, layout),
  };
}

function firstOfEach(shapes: readonly FileShape[]): readonly ValueShape[] {
  const found = new Map<string, ValueShape>();
  for (const value of shapes.flatMap((shape) => shape.values)) {
    const name = valueFieldName(value);
    if (!found.has(name)) found.set(name, value);
  }
  return [...found.values()];
}

function byKey(a: ValueShape, b: ValueShape): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function isCountable(value: ValueShape): boolean {
  return (
    value.valueClass === 'number' || value.valueClass === 'boolean' || value.valueClass === 'text'
  );
}

function toField(value: ValueShape, kind: Field['kind']): Field {
  return { name: valueFieldName(value), role: value.role, kind };
}

function scalar(
  shapes: readonly FileShape[],
  name: 'score' | 'confidence' | 'label',
  kind: Field['kind'],
): Field[] {
  return shapes.some((shape) => shape.columns.has(name)) ? [{ name, role: name, kind }] : [];
}

function typeConflicts(shapes: readonly FileShape[], layout: FieldLayout): readonly string[] {
  const numbers = new Set(layout.numbers.map((field) => field.name));
  const categories = new Set(layout.categories.map((field) => field.name));
  return shapes.flatMap((shape) =>
    shape.values.flatMap((value) => {
      const name = valueFieldName(value);
      const isNumber = value.valueClass === 'number';
      if (numbers.has(name) && !isNumber)
        return [`mistyped: ${name} ${shape.rowCount} (not numbers in ${shape.file.path})`];
      if (categories.has(name) && isNumber)
        return [`mistyped: ${name} ${shape.rowCount} (numbers in ${shape.file.path})`];
      return [];
    }),
  );
}
