import { ARMS, type Arm } from './arm.ts';
import type { FieldMap, FieldSelectors } from './field-map.ts';
import type { Rejection } from './parse-field.ts';
import {
  type ParsedSelector,
  parseSelector,
  type SelectorScope,
  selectValue,
  stepsOf,
  valueAt,
} from './select-field.ts';

/** Something in a field map that cannot be meant: `at` is the place in the map, as `fields.score`. */
export interface FieldMapProblem {
  readonly at: string;
  readonly detail: string;
}

/** A record as it lies in the log, decoded but not understood. */
export type SourceRecord = Omit<SelectorScope, 'row'>;

/** What a record holds in the form of the contract: one value, or one for each row and arm. */
export type MappedRecord =
  | { readonly ok: true; readonly values: readonly unknown[] }
  | { readonly ok: false; readonly problem: Omit<Rejection, 'ok'> };

/** Where the values of one kind of prediction are found: of a record, or of one arm in it. */
export interface FieldSources {
  readonly fields: readonly (readonly [field: string, selector: ParsedSelector])[];
  readonly features: ValuesSource;
  readonly context: ValuesSource;
}

/** An object of values at a place, or single fields gathered into one. */
export type ValuesSource =
  | { readonly path: ParsedSelector }
  | { readonly names: readonly string[] };

/** A field map whose every selector was understood. */
export interface CompiledFieldMap {
  readonly map: (record: SourceRecord) => MappedRecord;
  /** Null when a record may hold several predictions: then only `map` tells what it holds. */
  readonly single: FieldSources | null;
}

export type FieldMapResult =
  | { readonly ok: true; readonly fieldMap: CompiledFieldMap }
  | { readonly ok: false; readonly problems: readonly FieldMapProblem[] };

/** Fields of predictions and outcomes that a map may name; features and context have their own keys. */
const MAPPED_FIELDS = [
  'request_id',
  'row_index',
  'model',
  'version',
  'event_time',
  'unit_id',
  'session_start',
  'served',
  'score',
  'label',
  'class_probabilities',
  'items',
  'confidence',
  'latency_ms',
  'error',
  'sampling_fraction',
  'arrival_time',
  'metric',
  'value',
] as const;

/** Stands for the version of an arm in records that hold both arms and do not name their versions. */
export const ARM_VERSION: Readonly<Record<Arm, string>> = {
  current: '\u0000current',
  canary: '\u0000canary',
};

/**
 * A field map, ready to be applied to many records. Without one a record is taken as it is. Every
 * selector that is not understood, and every name that is no field, is a problem with the valid forms.
 *
 * @example compileFieldMap({ fields: { score: { path: '$.p' } }, features: null, context: null,
 *   arms: null, rows: null }) // { ok: true, fieldMap: { map, single } }
 */
export function compileFieldMap(map: FieldMap | null): FieldMapResult {
  if (map === null) return { ok: true, fieldMap: { map: asItIs, single: OWN_NAMES } };
  const problems: FieldMapProblem[] = [];
  const shared = {
    fields: parseFields('fields', map.fields, problems),
    features: parseValues('features', map.features, problems),
    context: parseValues('context', map.context, problems),
  };
  const arms = map.arms === null ? null : parseArms(map.arms, problems);
  const rows = map.rows === null ? null : parseRows(map.rows, problems);
  if (problems.length > 0) return { ok: false, problems };
  const sources = sourcesOf(shared, new Map());
  const perArm = arms === null ? null : ARMS.map((arm) => ({ arm, own: arms[arm] }));
  const variants: readonly Variant[] =
    perArm === null
      ? [{ arm: null, sources, decisive: [] }]
      : perArm.map(({ arm, own }) => ({
          arm,
          sources: sourcesOf(shared, own),
          decisive: [...own.values()].filter(({ from }) => from === 'row' || from === 'record'),
        }));
  const isSingle = arms === null && rows === null;
  const compiled = { map: mapper(variants, rows), single: isSingle ? sources : null };
  return { ok: true, fieldMap: compiled };
}

type Selectors = ReadonlyMap<string, ParsedSelector>;

interface Shared {
  readonly fields: Selectors;
  readonly features: ValuesSource;
  readonly context: ValuesSource;
}

interface Variant {
  readonly arm: Arm | null;
  readonly sources: FieldSources;
  /** When all of these find nothing, the record has no prediction of this arm. */
  readonly decisive: readonly ParsedSelector[];
}

const OWN_NAMES: FieldSources = sourcesOf(
  {
    fields: new Map(),
    features: { path: { from: 'row', steps: ['features'] } },
    context: { path: { from: 'row', steps: ['context'] } },
  },
  new Map(),
);

function asItIs({ record }: SourceRecord): MappedRecord {
  return { ok: true, values: [record] };
}

function sourcesOf({ fields, features, context }: Shared, own: Selectors): FieldSources {
  const selectors = MAPPED_FIELDS.map((field): [string, ParsedSelector] => [
    field,
    own.get(field) ?? fields.get(field) ?? { from: 'row', steps: [field] },
  ]);
  return { fields: selectors, features, context };
}

function parseFields(
  at: string,
  selectors: FieldSelectors,
  problems: FieldMapProblem[],
): Map<string, ParsedSelector> {
  const parsed = new Map<string, ParsedSelector>();
  for (const [field, selector] of Object.entries(selectors)) {
    const isKnown = (MAPPED_FIELDS as readonly string[]).includes(field);
    const result = parseSelector(selector);
    if (!isKnown) {
      const detail = `there is no field '${field}'; valid: ${MAPPED_FIELDS.join(', ')}`;
      problems.push({ at: `${at}.${field}`, detail });
    } else if (result.ok) parsed.set(field, result.selector);
    else problems.push({ at: `${at}.${field}`, detail: result.detail });
  }
  return parsed;
}

function parseValues(
  at: 'features' | 'context',
  values: FieldMap['features'],
  problems: FieldMapProblem[],
): ValuesSource {
  if (values === null) return { path: { from: 'row', steps: [at] } };
  if ('fields' in values) return { names: values.fields };
  const result = parseSelector(values);
  if (result.ok) return { path: result.selector };
  problems.push({ at: `${at}.path`, detail: result.detail });
  return { names: [] };
}

function parseArms(
  arms: Readonly<Record<Arm, FieldSelectors>>,
  problems: FieldMapProblem[],
): Readonly<Record<Arm, Selectors>> {
  return {
    current: parseFields('arms.current', arms.current, problems),
    canary: parseFields('arms.canary', arms.canary, problems),
  };
}

/** `$.instances` and `$.instances[*]` are the same list. */
function parseRows(path: string, problems: FieldMapProblem[]): readonly (string | number)[] {
  const list = path.endsWith('[*]') ? path.slice(0, -3) : path;
  const steps = list.startsWith('$') && !list.startsWith('$$') ? stepsOf(list, 1) : null;
  if (steps === null)
    problems.push({ at: 'rows', detail: `'${path}' is no list; valid: $.instances[*], $.a.b` });
  return steps ?? [];
}

function mapper(
  variants: readonly Variant[],
  rows: readonly (string | number)[] | null,
): CompiledFieldMap['map'] {
  return (record) => {
    if (rows === null) {
      const scope = { ...record, row: record.record };
      return { ok: true, values: valuesOf(variants, scope, null) };
    }
    const list = valueAt(record.record, rows);
    if (!Array.isArray(list)) {
      const detail = `the list of rows at ${JSON.stringify(rows)} is missing, or no list`;
      return { ok: false, problem: { reason: 'wrong_type', field: null, detail } };
    }
    const values = list.flatMap((row: unknown, position) =>
      valuesOf(variants, { ...record, row }, position),
    );
    return { ok: true, values };
  };
}

function valuesOf(
  variants: readonly Variant[],
  scope: SelectorScope,
  position: number | null,
): readonly unknown[] {
  return variants
    .filter(({ decisive }) => decisive.length === 0 || decisive.some((one) => finds(one, scope)))
    .map(({ arm, sources }) => {
      const value = mappedValue(sources, scope);
      if (position !== null) value['row_index'] ??= position;
      if (arm !== null) value['version'] ??= ARM_VERSION[arm];
      return value;
    });
}

function finds(selector: ParsedSelector, scope: SelectorScope): boolean {
  return (selectValue(selector, scope) ?? null) !== null;
}

function mappedValue(sources: FieldSources, scope: SelectorScope): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const [field, selector] of sources.fields) value[field] = found(selector, scope);
  value['features'] = gathered(sources.features, scope);
  value['context'] = gathered(sources.context, scope);
  return value;
}

/** What a row does not have itself, the record around it may have for all of its rows. */
function found(selector: ParsedSelector, scope: SelectorScope): unknown {
  const value = selectValue(selector, scope);
  if (value !== undefined || selector.from !== 'row' || scope.row === scope.record) return value;
  return valueAt(scope.record, selector.steps);
}

function gathered(source: ValuesSource, scope: SelectorScope): unknown {
  if ('path' in source) return found(source.path, scope);
  return Object.fromEntries(
    source.names.map((name) => [name, found({ from: 'row', steps: [name] }, scope) ?? null]),
  );
}
