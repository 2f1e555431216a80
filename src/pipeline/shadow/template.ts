import { isJsonRecord } from '../../core/events/parse-field.ts';
import type { Prediction } from '../../core/events/prediction.ts';
import { CoalmineError } from '../../core/foundation/error.ts';

/** The body that is sent when none is given. */
export const DEFAULT_BODY = { request_id: '{{request_id}}', features: '{{features}}' } as const;

export type Filled =
  | { readonly ok: true; readonly value: unknown }
  /** The prediction has no such field, or it is null, in a place that needs one. */
  | { readonly ok: false; readonly field: string };

/** Makes the JSON of one request. */
export type Template = (prediction: Prediction) => Filled;

type Fill = (prediction: Prediction) => unknown;

/** The value of a field that the prediction lacks. */
class MissingField extends Error {
  readonly field: string;

  constructor(field: string) {
    super(`no ${field}`);
    this.field = field;
  }
}

const PLACEHOLDER = /\{\{\s*([^{}]+?)\s*\}\}/g;
const WHOLE = /^\{\{\s*([^{}]+?)\s*\}\}$/;

const FIELDS: Readonly<Record<string, Fill>> = {
  request_id: (prediction) => prediction.requestId,
  row_index: (prediction) => prediction.rowIndex,
  model: (prediction) => prediction.model,
  version: (prediction) => prediction.version,
  event_time: (prediction) => prediction.eventTimeMs,
  unit_id: (prediction) => prediction.unitId ?? prediction.requestId,
  session_start: (prediction) => prediction.sessionStartMs,
  features: (prediction) => prediction.features,
  context: (prediction) => prediction.context,
};

const HINT =
  'Placeholders: {{request_id}}, {{row_index}}, {{model}}, {{version}}, {{event_time}}, {{unit_id}}, ' +
  '{{session_start}}, {{features}}, {{features.NAME}}, {{context}}, {{context.NAME}}; ? behind a name: null where there is none.';

/**
 * Compiles a JSON value with placeholders. A text that is one placeholder becomes the value itself,
 * with its type; within a longer text it becomes text. `{{features.x}}` needs the feature to be
 * logged (null is a value there); `{{features.x?}}` becomes null without it.
 *
 * @throws CoalmineError `config_invalid` for a placeholder that names nothing
 */
export function compileTemplate(template: unknown): Template {
  const fill = compile(template);
  return (prediction) => {
    try {
      return { ok: true, value: fill(prediction) };
    } catch (error) {
      if (error instanceof MissingField) return { ok: false, field: error.field };
      throw error;
    }
  };
}

function compile(template: unknown): Fill {
  if (typeof template === 'string') return compileText(template);
  if (Array.isArray(template)) {
    const items = template.map(compile);
    return (prediction) => items.map((fill) => fill(prediction));
  }
  if (isJsonRecord(template)) {
    const entries = Object.entries(template).map(([key, value]) => [key, compile(value)] as const);
    return (prediction) =>
      Object.fromEntries(entries.map(([key, fill]) => [key, fill(prediction)]));
  }
  return () => template;
}

function compileText(text: string): Fill {
  const whole = WHOLE.exec(text)?.[1];
  if (whole !== undefined) return compileName(whole);
  const parts = text.split(PLACEHOLDER).map((part, i) => {
    if (i % 2 === 0) return () => part;
    const fill = compileName(part);
    return (prediction: Prediction) => textOf(part, fill(prediction));
  });
  return parts.length === 1
    ? () => text
    : (prediction) => parts.map((fill) => fill(prediction)).join('');
}

function textOf(name: string, value: unknown): string {
  if (value === null) {
    if (name.endsWith('?')) return '';
    throw new MissingField(name);
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function compileName(name: string): Fill {
  const isOptional = name.endsWith('?');
  const path = isOptional ? name.slice(0, -1) : name;
  const fill = fieldOf(path);
  return (prediction) => {
    const value = fill(prediction);
    if (value !== undefined) return value;
    if (isOptional) return null;
    throw new MissingField(path);
  };
}

function fieldOf(path: string): Fill {
  const field = Object.hasOwn(FIELDS, path) ? FIELDS[path] : undefined;
  if (field !== undefined) return field;
  const [, group, name] = /^(features|context)\.(.+)$/.exec(path) ?? [];
  if (group === undefined || name === undefined) {
    throw new CoalmineError('config_invalid', `{{${path}}} names nothing that a prediction has`, {
      hints: [HINT],
    });
  }
  const values = group === 'features' ? FIELDS['features'] : FIELDS['context'];
  return (prediction) => {
    const record = values?.(prediction);
    return isJsonRecord(record) && Object.hasOwn(record, name) ? record[name] : undefined;
  };
}
