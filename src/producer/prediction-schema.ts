import { schemaText } from '../adapters/avro/schema-file.ts';
import type { FieldValue } from '../core/events/prediction.ts';
import { CoalmineError } from '../core/foundation/error.ts';

/** What a declared feature or context field holds; every one may also be null. */
export type FieldType = 'number' | 'string' | 'boolean';

/** Declared fields by name. */
export type FieldTypes = Readonly<Record<string, FieldType>>;

type ValueOf<T extends FieldType> = T extends 'number'
  ? number
  : T extends 'string'
    ? string
    : boolean;

/** The values that declared fields may have; an absent one is null. */
export type FieldValues<F extends FieldTypes> = {
  readonly [K in keyof F]?: ValueOf<F[K]> | null;
};

/** Fields that are written as a record of their own instead of a map: cheaper to write and to read. */
export interface DeclaredFields<F extends FieldTypes, C extends FieldTypes> {
  readonly features?: F;
  readonly context?: C;
}

/** One answer of one model version, by the field names of `schemas/Prediction.avsc`. */
export interface PredictionEvent<
  F extends FieldTypes = FieldTypes,
  C extends FieldTypes = FieldTypes,
> {
  readonly request_id: string;
  /** Position in a request that asks for several answers; 0 when absent. */
  readonly row_index?: number;
  readonly model: string;
  readonly version: string;
  /** When the answer was given, in ms since 1970. */
  readonly event_time: number;
  readonly unit_id?: string | null;
  readonly session_start?: number | null;
  /** False: a shadow answer. True when absent. */
  readonly served?: boolean;
  readonly score?: number | null;
  readonly label?: string | null;
  readonly class_probabilities?: Readonly<Record<string, number>> | null;
  readonly items?: readonly string[] | null;
  readonly confidence?: number | null;
  readonly latency_ms?: number | null;
  /** A code; the model did not answer. */
  readonly error?: string | null;
  readonly features?: FieldValues<F>;
  readonly context?: FieldValues<C> | null;
  /** Share of requests that the log keeps, in (0, 1]; 1 when absent. */
  readonly sampling_fraction?: number;
}

const AVRO_TYPES = { number: 'double', string: 'string', boolean: 'boolean' } as const;

/** Names of fields in Avro: no other can be declared, but all can be in a map. */
const AVRO_NAME = /^[A-Za-z_]\w*$/;

interface SchemaField {
  readonly name: string;
  readonly type: unknown;
  readonly default?: unknown;
}

interface RecordSchema {
  readonly fields: readonly SchemaField[];
}

/**
 * The writer's schema of predictions: `schemas/Prediction.avsc`, with a record in the place of the
 * map of features (or context fields) that are declared.
 *
 * @throws CoalmineError `usage` when a name cannot be declared in Avro
 */
export function predictionSchema(declared: DeclaredFields<FieldTypes, FieldTypes>): string {
  const text = schemaText('Prediction');
  const { features, context } = declared;
  if (features === undefined && context === undefined) return text;
  const schema = JSON.parse(text) as RecordSchema;
  const fields = schema.fields.map((field) => {
    if (field.name === 'features' && features !== undefined) {
      const nothing = Object.fromEntries(Object.keys(features).map((name) => [name, null]));
      return { ...field, type: recordOf('PredictionFeatures', features), default: nothing };
    }
    if (field.name === 'context' && context !== undefined) {
      return { ...field, type: ['null', recordOf('PredictionContext', context)] };
    }
    return field;
  });
  return JSON.stringify({ ...schema, fields });
}

function recordOf(name: string, types: FieldTypes): object {
  const refused = Object.keys(types).find((each) => !AVRO_NAME.test(each));
  if (refused !== undefined) {
    throw new CoalmineError('usage', `the field "${refused}" cannot be declared`, {
      hints: [
        'names in an Avro record begin with a letter or _ and go on with letters, digits and _',
        'leave the schema out: in a map every name is allowed',
      ],
    });
  }
  const fields = Object.entries(types).map(([field, type]) => ({
    name: field,
    type: ['null', AVRO_TYPES[type]],
    default: null,
  }));
  return { type: 'record', name, fields };
}

/** The values of one event that a schema's map or record takes. */
export type EventValues = Readonly<Record<string, FieldValue>>;
