import { eventTime } from '../foundation/time.ts';
import {
  createFieldReader,
  describeValue,
  type FieldReader,
  isJsonRecord,
  type JsonRecord,
  type Parsed,
  readArrivalTime,
  readRequestId,
  readRowIndex,
  readTime,
} from './parse-field.ts';
import type { FieldValue, Prediction } from './prediction.ts';

/** Items of a ranking that are read. */
export const ITEM_COUNT_MAX = 100;

/** What a record may not exceed. */
export interface RecordLimits {
  /** In bytes of UTF-8. */
  readonly requestIdLengthMax: number;
}

/**
 * One decoded value as a prediction: exact field names, types and ranges
 * checked, unknown fields ignored, an absent field the same as null. Numbers may be NaN or infinite:
 * they stand for "not finite" and are counted as such. The first problem decides; model and version
 * are looked at first, so that another model's bad record is still another model's.
 *
 * @example parsePrediction({ request_id: 'r', model: 'm', version: 'v1', event_time: 986947200000,
 *   score: 0.5 }, { requestIdLengthMax: 256 }) // { ok: true, value: { requestId: 'r', ... } }
 */
export function parsePrediction(value: unknown, limits: RecordLimits): Parsed<Prediction> {
  if (!isJsonRecord(value)) {
    return {
      ok: false,
      reason: 'not_an_object',
      field: null,
      detail: `a prediction is an object, found ${describeValue(value)}`,
    };
  }
  const fields = createFieldReader(value);
  const model = fields.text('model');
  const version = fields.text('version');
  const requestId = readRequestId(fields, limits.requestIdLengthMax);
  const eventTimeMs = readTime(fields, 'event_time');
  if (eventTimeMs === null) fields.reject('missing_field', 'event_time', 'event_time is missing');
  const sessionStartMs = fields.numberOrNull('session_start');
  const prediction: Prediction = {
    requestId,
    rowIndex: readRowIndex(fields),
    model,
    version,
    eventTimeMs: eventTime(eventTimeMs ?? 0),
    unitId: fields.textOrNull('unit_id'),
    sessionStartMs: sessionStartMs === null ? null : eventTime(sessionStartMs),
    served: fields.booleanOrNull('served'),
    score: fields.numberOrNull('score'),
    label: fields.textOrNull('label'),
    classProbabilities: readProbabilities(fields, value),
    items: readItems(fields, value),
    confidence: fields.numberOrNull('confidence'),
    latencyMs: readLatency(fields),
    error: fields.textOrNull('error'),
    features: readValues(fields, value, 'features'),
    context: readValues(fields, value, 'context'),
    samplingFraction: readSamplingFraction(fields),
    arrivalTimeMs: readArrivalTime(fields),
  };
  return fields.problem ?? { ok: true, value: prediction };
}

function readLatency(fields: FieldReader): number | null {
  const value = fields.numberOrNull('latency_ms');
  if (value !== null && value < 0) {
    fields.reject('bad_latency', 'latency_ms', badLatencyDetail(value));
  }
  return value;
}

/**
 * What is wrong with a latency in ms, for a person.
 *
 * @example badLatencyDetail(-2) // 'latency_ms is -2, it cannot be negative'
 */
export function badLatencyDetail(value: number): string {
  return `latency_ms is ${value}, it cannot be negative`;
}

function readSamplingFraction(fields: FieldReader): number {
  const value = fields.numberOrNull('sampling_fraction') ?? 1;
  if (!(value > 0 && value <= 1)) {
    fields.reject('bad_sampling_fraction', 'sampling_fraction', badSamplingDetail(value));
  }
  return value;
}

/**
 * What is wrong with a sampling fraction, for a person.
 *
 * @example badSamplingDetail(0) // 'sampling_fraction is 0, it must be above 0 and at most 1'
 */
export function badSamplingDetail(value: number): string {
  return `sampling_fraction is ${value}, it must be above 0 and at most 1`;
}

function readItems(fields: FieldReader, record: JsonRecord): readonly string[] | null {
  const items = record['items'] ?? null;
  if (items === null) return null;
  if (!isTextList(items)) {
    fields.reject('wrong_type', 'items', 'items must be a list of strings');
    return null;
  }
  if (items.length > ITEM_COUNT_MAX) {
    fields.reject('too_many_items', 'items', tooManyItemsDetail(items.length));
  }
  return items;
}

function tooManyItemsDetail(count: number): string {
  return `items has ${count} entries, at most ${ITEM_COUNT_MAX} are read`;
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function readProbabilities(
  fields: FieldReader,
  record: JsonRecord,
): Readonly<Record<string, number>> | null {
  const map = record['class_probabilities'] ?? null;
  if (map === null) return null;
  if (isMapOf(map, isNumber)) return map;
  const detail = 'class_probabilities must be an object of numbers';
  fields.reject('wrong_type', 'class_probabilities', detail);
  return null;
}

const NO_VALUES: Readonly<Record<string, FieldValue>> = {};

function readValues(
  fields: FieldReader,
  record: JsonRecord,
  field: 'features' | 'context',
): Readonly<Record<string, FieldValue>> {
  const map = record[field] ?? null;
  if (map === null) return NO_VALUES;
  if (isMapOf(map, isFieldValue)) return map;
  const detail = `${field} must be an object whose values are numbers, strings, booleans or null`;
  fields.reject('wrong_type', field, detail);
  return NO_VALUES;
}

function isFieldValue(value: unknown): value is FieldValue {
  return value === null || (typeof value !== 'object' && typeof value !== 'undefined');
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isMapOf<T>(
  value: unknown,
  isValue: (item: unknown) => item is T,
): value is Readonly<Record<string, T>> {
  return isJsonRecord(value) && Object.values(value).every((item) => isValue(item));
}
