import type { Selector } from './field-map.ts';
import { isJsonRecord } from './parse-field.ts';

/** A selector that was understood. */
export type ParsedSelector =
  | { readonly from: 'constant'; readonly value: string | number | boolean | null }
  /** In the row, or in the record around it, by names and positions. */
  | { readonly from: 'row' | 'record'; readonly steps: readonly (string | number)[] }
  | { readonly from: 'key' | 'time' }
  | { readonly from: 'header'; readonly name: string };

/** What came of reading a selector: what it says, or what is wrong with it and what would be right. */
export type SelectorResult =
  | { readonly ok: true; readonly selector: ParsedSelector }
  | { readonly ok: false; readonly detail: string };

/** Where a selector looks. */
export interface SelectorScope {
  /** The entry of the list of rows; the record itself where there is no such list. */
  readonly row: unknown;
  readonly record: unknown;
  readonly key: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly recordTimeMs: number;
}

/** Every form that a path may have, for a person. */
export const SELECTOR_FORMS =
  "$.name, $.a.b, $['a b'], $.list[0], $$.name (the record around rows), @key, @header.name, @timestamp, or a constant";

/** One step: `.name`, `[0]`, `['a b']` or `["a b"]`. */
const STEP = /\.([^.[\]'"\s]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/y;

/**
 * A selector, checked once so that reading a record needs no text of it. Errors are values.
 *
 * @example parseSelector({ path: '$.a[0]' })
 * // { ok: true, selector: { from: 'row', steps: ['a', 0] } }
 */
export function parseSelector(selector: Selector): SelectorResult {
  if ('constant' in selector)
    return { ok: true, selector: { from: 'constant', value: selector.constant } };
  const { path } = selector;
  if (path === '@key') return { ok: true, selector: { from: 'key' } };
  if (path === '@timestamp') return { ok: true, selector: { from: 'time' } };
  if (path.startsWith('@header.') && path.length > '@header.'.length) {
    const name = path.slice('@header.'.length);
    return { ok: true, selector: { from: 'header', name } };
  }
  if (!path.startsWith('$')) return wrongPath(path);
  const from = path.startsWith('$$') ? 'record' : 'row';
  const steps = stepsOf(path, from === 'record' ? 2 : 1);
  return steps === null ? wrongPath(path) : { ok: true, selector: { from, steps } };
}

function wrongPath(path: string): SelectorResult {
  return { ok: false, detail: `'${path}' is no selector; valid forms: ${SELECTOR_FORMS}` };
}

/**
 * The steps of a path behind its root; null when there is something else in it.
 *
 * @example stepsOf("$.a['b c'][0]", 1) // ['a', 'b c', 0]
 */
export function stepsOf(path: string, start: number): readonly (string | number)[] | null {
  const steps: (string | number)[] = [];
  STEP.lastIndex = start;
  while (STEP.lastIndex < path.length) {
    const match = STEP.exec(path);
    if (match === null) return null;
    const [, name, position, single, double] = match;
    steps.push(position === undefined ? (name ?? single ?? double ?? '') : Number(position));
  }
  return steps;
}

/**
 * The value that a selector finds; undefined where there is none. Names are own names only.
 *
 * @example selectValue({ from: 'row', steps: ['a'] }, { row: { a: 1 }, ... }) // 1
 */
export function selectValue(selector: ParsedSelector, scope: SelectorScope): unknown {
  switch (selector.from) {
    case 'constant':
      return selector.value;
    case 'row':
      return valueAt(scope.row, selector.steps);
    case 'record':
      return valueAt(scope.record, selector.steps);
    case 'key':
      return scope.key;
    case 'time':
      return scope.recordTimeMs;
    case 'header':
      return ownValue(scope.headers, selector.name);
  }
}

/**
 * The value at the end of some steps; undefined where a step finds nothing.
 *
 * @example valueAt({ a: [{ b: 2 }] }, ['a', 0, 'b']) // 2
 */
export function valueAt(value: unknown, steps: readonly (string | number)[]): unknown {
  let found = value;
  for (const step of steps) {
    if (typeof step === 'number') found = Array.isArray(found) ? found[step] : undefined;
    else found = isJsonRecord(found) ? ownValue(found, step) : undefined;
  }
  return found;
}

function ownValue(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
