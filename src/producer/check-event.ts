import { describeValue, isJsonRecord, type Parsed } from '../core/events/parse-field.ts';
import { parseOutcome } from '../core/events/parse-outcome.ts';
import { parsePrediction } from '../core/events/parse-prediction.ts';
import type { Prediction } from '../core/events/prediction.ts';
import { predictionRecord } from '../core/events/prediction-record.ts';
import { CoalmineError } from '../core/foundation/error.ts';
import type { DeclaredFields, EventValues, FieldTypes } from './prediction-schema.ts';

/** What the service takes unless a plan says otherwise: a longer id would be a dead letter there. */
export const REQUEST_ID_LENGTH_MAX = 512;

const LIMITS = { requestIdLengthMax: REQUEST_ID_LENGTH_MAX };

const PREDICTION_FIELDS = (
  'request_id row_index model version event_time unit_id session_start served score label ' +
  'class_probabilities items confidence latency_ms error features context sampling_fraction'
).split(' ');

const OUTCOME_FIELDS = 'request_id row_index model event_time metric value'.split(' ');

/** A record as its Avro schema takes it. */
export type AvroRecord = Readonly<Record<string, unknown>> & { readonly request_id: string };

/**
 * A prediction that the service will take, ready to be written: by the rules of its own door, and
 * stricter where the door must be lenient (a field that it does not know, an answer without anything
 * in it).
 *
 * @throws CoalmineError `event_invalid`, naming the field and what is valid
 */
export function checkPrediction(
  event: unknown,
  declared: DeclaredFields<FieldTypes, FieldTypes>,
): AvroRecord {
  refuseUnknown(event, PREDICTION_FIELDS);
  const prediction = valid(parsePrediction(event, LIMITS));
  refuseSilence(prediction);
  const features = checkValues('features', prediction.features, declared.features);
  const context = checkValues('context', prediction.context, declared.context);
  return {
    ...predictionRecord(prediction),
    served: prediction.served ?? true,
    features,
    context: Object.keys(context).length === 0 ? null : context,
  };
}

/**
 * An outcome that the service will take, ready to be written.
 *
 * @throws CoalmineError `event_invalid`, naming the field and what is valid
 */
export function checkOutcome(event: unknown): AvroRecord {
  refuseUnknown(event, OUTCOME_FIELDS);
  const outcome = valid(parseOutcome(event, LIMITS));
  return {
    request_id: outcome.requestId,
    row_index: outcome.rowIndex,
    model: outcome.model,
    event_time: outcome.eventTimeMs,
    metric: outcome.metric,
    value: outcome.value,
  };
}

function valid<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw invalid(parsed.field, parsed.detail);
}

function invalid(field: string | null, detail: string, hints: readonly string[] = []): Error {
  return new CoalmineError('event_invalid', detail, { hints, cause: { field, detail } });
}

/** The door ignores fields that it does not know; here one is a slip of the pen that loses data. */
function refuseUnknown(event: unknown, known: readonly string[]): void {
  if (!isJsonRecord(event)) return;
  const unknown = Object.keys(event).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw invalid(unknown, `${unknown} is no field of this event`, [`fields: ${known.join(', ')}`]);
}

function refuseSilence(prediction: Prediction): void {
  const { score, label, classProbabilities, items, error } = prediction;
  const said = [score, label, classProbabilities, items, error].some((each) => each !== null);
  if (said) return;
  throw invalid('score', 'the prediction holds no answer', [
    'give at least one of score, label, class_probabilities, items; or error, a code',
  ]);
}

const TYPES = new Set(['number', 'string', 'boolean']);

function checkValues(
  group: 'features' | 'context',
  values: EventValues,
  types: FieldTypes | undefined,
): EventValues {
  for (const [name, value] of Object.entries(values)) {
    const field = `${group}.${name}`;
    if (value !== null && !TYPES.has(typeof value)) {
      const detail = `${field} must be a number, a string, true, false or null, found ${describeValue(value)}`;
      throw invalid(field, detail);
    }
    if (types === undefined) continue;
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type === undefined) {
      throw invalid(field, `${field} is not declared`, [
        `declared ${group}: ${Object.keys(types).join(', ')}`,
      ]);
    }
    if (value !== null && typeof value !== type) {
      throw invalid(field, `${field} must be a ${type}, found ${describeValue(value)}`);
    }
  }
  return values;
}
