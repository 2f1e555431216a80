import { DEAD_LETTER_REASON_LIST } from '../../../core/events/dead-letter.ts';
import type { FieldRole } from '../../../core/events/field.ts';
import { parseJsonText } from '../../../core/events/json-text.ts';
import { isJsonRecord, type Rejection } from '../../../core/events/parse-field.ts';
import { parseOutcome } from '../../../core/events/parse-outcome.ts';
import { parsePrediction, type RecordLimits } from '../../../core/events/parse-prediction.ts';
import type { FieldValue } from '../../../core/events/prediction.ts';
import type { RecordKind } from '../reader/shape.ts';
import type { TextLine } from './lines.ts';

/** A plain value of a column. */
export type CellValue = string | number | boolean | readonly string[] | null;

/** One line as a row: cells by contract column, and the entries of its maps. */
export interface SpooledLine {
  readonly line: number;
  readonly cells: Readonly<Record<string, CellValue>>;
  readonly entries: readonly (readonly [SpooledRole, Readonly<Record<string, FieldValue>>])[];
  /** The report of a line at fault, as JSON, null for a record. */
  readonly problem: string | null;
}

export type SpooledRole = Extract<FieldRole, 'feature' | 'context' | 'class_probability'>;

/** Reads one line by the contract. A line at fault becomes a row too: it has its place in the order. */
export function spoolLine(line: TextLine, kind: RecordKind, limits: RecordLimits): SpooledLine {
  if (line.isTooLarge) {
    const detail = 'the line is larger than the limit';
    return faulty(line, null, { ok: false, reason: 'too_large', field: null, detail });
  }
  const json = parseJsonText(line.text);
  if (!json.ok) {
    return faulty(line, null, { ok: false, reason: 'not_json', field: null, detail: json.detail });
  }
  return kind === 'prediction'
    ? spoolPrediction(line, json.value, limits)
    : spoolOutcome(line, json.value, limits);
}

function spoolPrediction(line: TextLine, value: unknown, limits: RecordLimits): SpooledLine {
  const parsed = parsePrediction(value, limits);
  if (!parsed.ok) return faulty(line, value, parsed);
  const record = parsed.value;
  return {
    line: line.number,
    cells: {
      request_id: record.requestId,
      row_index: record.rowIndex,
      model: record.model,
      version: record.version,
      event_time: record.eventTimeMs,
      unit_id: record.unitId,
      session_start: record.sessionStartMs,
      served: record.served,
      score: record.score,
      label: record.label,
      items: record.items,
      confidence: record.confidence,
      latency_ms: record.latencyMs,
      error: record.error,
      sampling_fraction: record.samplingFraction === 1 ? null : record.samplingFraction,
      arrival_time: record.arrivalTimeMs,
    },
    entries: [
      ['class_probability', record.classProbabilities ?? {}],
      ['feature', record.features],
      ['context', record.context],
    ],
    problem: null,
  };
}

function spoolOutcome(line: TextLine, value: unknown, limits: RecordLimits): SpooledLine {
  const parsed = parseOutcome(value, limits);
  if (!parsed.ok) return faulty(line, value, parsed);
  const record = parsed.value;
  return {
    line: line.number,
    cells: {
      request_id: record.requestId,
      row_index: record.rowIndex,
      model: record.model,
      event_time: record.eventTimeMs,
      metric: record.metric,
      value: record.value,
      arrival_time: record.arrivalTimeMs,
    },
    entries: [],
    problem: null,
  };
}

/** Whose record it was and when is kept where it can be read: it decides what is ignored, and the order. */
function faulty(line: TextLine, value: unknown, rejection: Rejection): SpooledLine {
  const record = isJsonRecord(value) ? value : {};
  const text = (name: string): string | null =>
    typeof record[name] === 'string' ? record[name] : null;
  const number = (name: string): number | null =>
    typeof record[name] === 'number' ? record[name] : null;
  const { reason, field, detail } = rejection;
  const status = 1 + DEAD_LETTER_REASON_LIST.indexOf(reason);
  return {
    line: line.number,
    cells: {
      model: text('model'),
      version: text('version'),
      event_time: number('event_time'),
      arrival_time: number('arrival_time'),
    },
    entries: [],
    // The status comes first: readers look for it there.
    problem: JSON.stringify({ status, field, detail, line: line.number, payload: line.text }),
  };
}
