import type { BatchSchema } from '../../core/events/batch.ts';
import type { Field, FieldKind, FieldRole } from '../../core/events/field.ts';
import { FIELD_ROLES, isInput } from '../../core/events/field.ts';
import type { FieldValue, Prediction } from '../../core/events/prediction.ts';

/** A schema, and how a prediction's value of each field is found. */
export interface MemorySchema extends BatchSchema {
  /** Codes by text, one map for each category field. */
  readonly codes: readonly ReadonlyMap<string, number>[];
}

/** The fields of all predictions: a field is what its first value that is not null is. */
export function schemaOf(
  predictions: readonly Prediction[],
  featuresMax = Number.POSITIVE_INFINITY,
  rankedItemCount = 0,
): MemorySchema {
  const kinds = new Map<string, Field>();
  const see = (role: FieldRole, name: string, value: FieldValue): void => {
    if (value === null || kinds.has(name)) return;
    const kind: FieldKind = typeof value === 'number' ? 'number' : 'category';
    kinds.set(name, { name, role, kind });
  };
  for (const prediction of predictions) {
    see('score', 'score', prediction.score);
    see('confidence', 'confidence', prediction.confidence);
    see('label', 'label', prediction.label);
    const maps = [
      ['class_probability', prediction.classProbabilities ?? {}],
      ['feature', prediction.features],
      ['context', prediction.context],
    ] as const;
    for (const [role, map] of maps) {
      for (const [key, value] of Object.entries(map)) see(role, `${role}.${key}`, value);
    }
  }
  const watched = inOrder([...kinds.values()], featuresMax);
  const categories = watched.filter((field) => field.kind === 'category');
  const values = categories.map((field) => distinctTexts(predictions, field));
  return {
    layout: { numbers: watched.filter((field) => field.kind === 'number'), categories },
    dictionaries: values.map((texts) => ({ values: texts })),
    rankedItemCount,
    codes: values.map((texts) => new Map(texts.map((text, k) => [text, k + 1]))),
  };
}

function inOrder(fields: readonly Field[], featuresMax: number): readonly Field[] {
  const sorted = fields.toSorted(
    (a, b) =>
      FIELD_ROLES.indexOf(a.role) - FIELD_ROLES.indexOf(b.role) ||
      (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const answers = sorted.filter((field) => !isInput(field));
  return [...answers, ...sorted.filter(isInput).slice(0, featuresMax)];
}

function distinctTexts(predictions: readonly Prediction[], field: Field): readonly string[] {
  const texts = new Set<string>();
  for (const prediction of predictions) {
    const value = fieldValue(prediction, field);
    if (value !== null) texts.add(String(value));
  }
  return [...texts].toSorted();
}

/** A prediction's value of a field, null where it has none. */
export function fieldValue(prediction: Prediction, field: Field): FieldValue {
  const key = field.name.slice(field.role.length + 1);
  switch (field.role) {
    case 'score':
      return prediction.score;
    case 'confidence':
      return prediction.confidence;
    case 'label':
      return prediction.label;
    case 'class_probability':
      return own(prediction.classProbabilities ?? {}, key);
    case 'feature':
      return own(prediction.features, key);
    case 'context':
      return own(prediction.context, key);
  }
}

function own(map: Readonly<Record<string, FieldValue>>, key: string): FieldValue {
  return Object.hasOwn(map, key) ? (map[key] ?? null) : null;
}
