import { eventTime } from '../foundation/time.ts';
import {
  createFieldReader,
  describeValue,
  isJsonRecord,
  type Parsed,
  readArrivalTime,
  readRequestId,
  readRowIndex,
  readTime,
} from './parse-field.ts';
import type { RecordLimits } from './parse-prediction.ts';
import type { Outcome } from './prediction.ts';

/**
 * One decoded value as an outcome: exact field names, types and ranges checked, unknown fields
 * ignored. Unlike a score, the value of an outcome must be finite.
 *
 * @example parseOutcome({ request_id: 'r', model: 'm', event_time: 986947200000, metric: 'late',
 *   value: 1 }, { requestIdLengthMax: 256 }) // { ok: true, value: { requestId: 'r', ... } }
 */
export function parseOutcome(value: unknown, limits: RecordLimits): Parsed<Outcome> {
  if (!isJsonRecord(value)) {
    return {
      ok: false,
      reason: 'not_an_object',
      field: null,
      detail: `an outcome is an object, found ${describeValue(value)}`,
    };
  }
  const fields = createFieldReader(value);
  const model = fields.text('model');
  const requestId = readRequestId(fields, limits.requestIdLengthMax);
  const eventTimeMs = readTime(fields, 'event_time');
  if (eventTimeMs === null) fields.reject('missing_field', 'event_time', 'event_time is missing');
  const outcomeValue = fields.numberOrNull('value');
  if (outcomeValue === null) fields.reject('missing_field', 'value', 'value is missing or null');
  else if (!Number.isFinite(outcomeValue)) {
    fields.reject('wrong_type', 'value', 'value must be a finite number');
  }
  const outcome: Outcome = {
    requestId,
    rowIndex: readRowIndex(fields),
    model,
    eventTimeMs: eventTime(eventTimeMs ?? 0),
    metric: fields.text('metric'),
    value: outcomeValue ?? 0,
    arrivalTimeMs: readArrivalTime(fields),
  };
  return fields.problem ?? { ok: true, value: outcome };
}
