import type { FieldMap, FieldSelectors, Selector } from '../../../core/events/field-map.ts';
import { DEFAULT_TOPICS } from '../default-topics.ts';
import type { ConfiguredRollout, InputTopic } from '../service-config.ts';
import type { ServiceDocument } from './shape.ts';
import type { ArmDocument, InputDocument, SelectorDocument } from './shape-inputs.ts';

/** Fields in which two answers to one request differ: those that a path to an arm stands for. */
const ARM_FIELDS = [
  'version',
  'served',
  'score',
  'label',
  'class_probabilities',
  'items',
  'confidence',
  'latency_ms',
  'error',
] as const;

const NO_PRIVACY = { drop: [], hash: [], keep: null, keepDeadLetterPayload: false };

/** The inputs that are written; where none are, all topics that may be read, in our own format. */
export function fillInputs(
  documents: ServiceDocument['inputs'],
  rollouts: readonly ConfiguredRollout[],
): readonly InputTopic[] {
  if (documents !== undefined) return documents.map(fillInput);
  const read = rollouts.flatMap(({ current, canary, outcomes }) => [current, canary, outcomes]);
  const topics = [...Object.values(DEFAULT_TOPICS), ...read].filter((topic) => topic !== null);
  return [...new Set(topics)].map((topic) => ({
    topic,
    format: 'avro',
    fieldMap: null,
    privacy: NO_PRIVACY,
  }));
}

function fillInput({ topic, format, fieldMap, privacy }: InputDocument): InputTopic {
  return {
    topic,
    format,
    fieldMap: fieldMap === undefined ? null : fillFieldMap(fieldMap),
    privacy: { ...privacy, keep: privacy.keep ?? null },
  };
}

function fillFieldMap(map: NonNullable<InputDocument['fieldMap']>): FieldMap {
  const fields = fillSelectors(map.fields);
  return {
    fields,
    features: fillValues(map.features),
    context: fillValues(map.context),
    arms:
      map.arms === undefined
        ? null
        : {
            current: fillArm(map.arms.current, fields),
            canary: fillArm(map.arms.canary, fields),
          },
    rows: map.rows ?? null,
  };
}

function fillValues(values: string | string[] | undefined): FieldMap['features'] {
  if (values === undefined) return null;
  return typeof values === 'string' ? { path: values } : { fields: values };
}

/** A path alone is the object of an arm: it holds what is not said to be elsewhere. */
function fillArm(arm: ArmDocument, fields: FieldSelectors): FieldSelectors {
  if (typeof arm !== 'string') return fillSelectors(arm);
  const own = ARM_FIELDS.filter((field) => !Object.hasOwn(fields, field));
  return Object.fromEntries(own.map((field) => [field, { path: `${arm}.${field}` }]));
}

function fillSelectors(selectors: Readonly<Record<string, SelectorDocument>>): FieldSelectors {
  return Object.fromEntries(
    Object.entries(selectors).map(([field, selector]) => [field, fillSelector(selector)]),
  );
}

function fillSelector(selector: SelectorDocument): Selector {
  if (typeof selector === 'string') return { path: selector };
  return typeof selector === 'object' ? selector : { constant: selector };
}
