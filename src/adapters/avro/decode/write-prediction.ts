import type { FieldRole } from '../../../core/events/field.ts';
import type { FieldValue, Prediction } from '../../../core/events/prediction.ts';
import type { ByteRange } from '../../../core/foundation/hash128.ts';
import { NAMES, type PredictionRows, type RowScalars } from './prediction-rows.ts';
import type { ValueColumn } from './value-columns.ts';
import { nameHashOf } from './value-columns.ts';

const encoder = new TextEncoder();

/** A text in bytes. */
export function rangeOf(text: string): ByteRange {
  const bytes = encoder.encode(text);
  return { bytes, from: 0, to: bytes.length };
}

/** Adds a checked prediction as a row: the plain way, for what has no compiled reader. */
export function writePrediction(
  rows: PredictionRows,
  prediction: Prediction,
  record: number,
): void {
  const row = rows.next();
  const { interner } = rows;
  if (prediction.score !== null) rows.setNumber(rows.score, row, prediction.score);
  if (prediction.confidence !== null) rows.setNumber(rows.confidence, row, prediction.confidence);
  if (prediction.label !== null) rows.setText(rows.label, row, interner.idOfText(prediction.label));
  writeValues(rows, 'class_probability', prediction.classProbabilities ?? {});
  writeValues(rows, 'feature', prediction.features);
  writeValues(rows, 'context', prediction.context);
  const items = prediction.items ?? [];
  for (const [place, item] of items.entries()) rows.setItem(place, rangeOf(item));
  if (prediction.error !== null) rows.digestText(NAMES.error, rangeOf(prediction.error));
  const hasProbabilities = Object.keys(prediction.classProbabilities ?? {}).length > 0;
  const scalars: RowScalars = {
    modelId: interner.idOfText(prediction.model),
    versionId: interner.idOfText(prediction.version),
    eventTimeMs: prediction.eventTimeMs,
    rowIndex: prediction.rowIndex,
    sessionStartMs: prediction.sessionStartMs ?? Number.NaN,
    latencyMs: measured(prediction.latencyMs),
    samplingFraction: prediction.samplingFraction,
    served: prediction.served === null ? -1 : Number(prediction.served),
    hasError: prediction.error !== null,
    hasOther: items.length > 0 || hasProbabilities,
  };
  const { requestId, unitId } = prediction;
  const ids = { requestId: rangeOf(requestId), unitId: unitId === null ? null : rangeOf(unitId) };
  rows.finish(scalars, ids, record);
}

/** NaN is null, and an infinity what is not finite. */
export function measured(value: number | null): number {
  if (value === null) return Number.NaN;
  return value - value === 0 ? value : Number.POSITIVE_INFINITY;
}

function writeValues(
  rows: PredictionRows,
  role: FieldRole,
  values: Readonly<Record<string, FieldValue>>,
): void {
  for (const key in values) {
    const value = Object.hasOwn(values, key) ? (values[key] ?? null) : null;
    if (value === null) continue;
    const column = rows.values.ofKey(role, key);
    if (column === null) digestOnly(rows, `${role}.${key}`, value);
    else writeValue(rows, column, value);
  }
}

function writeValue(
  rows: PredictionRows,
  column: ValueColumn,
  value: number | string | boolean,
): void {
  if (typeof value === 'number') rows.setNumber(column, rows.length, value);
  else rows.setText(column, rows.length, rows.interner.idOfText(String(value)));
}

function digestOnly(rows: PredictionRows, name: string, value: number | string | boolean): void {
  const hash = nameHashOf(name);
  if (typeof value === 'number') rows.digest.addNumber(hash, value);
  else rows.digestText(hash, rangeOf(String(value)));
}
