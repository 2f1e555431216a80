/** What a watched value is to the model. */
export type FieldRole =
  | 'score'
  | 'label'
  | 'class_probability'
  | 'confidence'
  | 'feature'
  | 'context';

/** The roles in the order in which fields are listed: answers first, then what they were made from. */
export const FIELD_ROLES: readonly FieldRole[] = [
  'score',
  'confidence',
  'class_probability',
  'label',
  'feature',
  'context',
];

/** Whether a field is what the model was given, or what was logged beside it; else it is its answer. */
export function isInput({ role }: Pick<Field, 'role'>): boolean {
  return role === 'feature' || role === 'context';
}

/** Numbers are counted in cells between edges, categories by their value. */
export type FieldKind = 'number' | 'category';

/**
 * One watched value of a prediction. `name` is unique: `score`, `label`, `confidence`,
 * `class_probability.<class>`, `feature.<name>`, `context.<name>`.
 */
export interface Field {
  readonly name: string;
  readonly role: FieldRole;
  readonly kind: FieldKind;
}

/** The fields of one run, numbers and categories apart, as columns hold them. */
export interface FieldLayout {
  readonly numbers: readonly Field[];
  readonly categories: readonly Field[];
}

/** A name as users write it: without its role where that is not ambiguous (`origin`, not `context.origin`). */
export function shortFieldName(field: Field): string {
  const dot = field.name.indexOf('.');
  return dot < 0 || field.role === 'class_probability' ? field.name : field.name.slice(dot + 1);
}
