import { describe, expect, it } from 'vitest';
import {
  parseSelector,
  SELECTOR_FORMS,
  type SelectorScope,
  selectValue,
} from '../../../../src/core/events/select-field.ts';

const SCOPE: SelectorScope = {
  row: { a: { b: 1 }, 'a b': 2, list: [3, { c: 4 }], nothing: null },
  record: { model: 'm' },
  key: 'k',
  headers: { trace: 't', 'x.y': 'z' },
  recordTimeMs: 5,
};

function find(path: string): unknown {
  const parsed = parseSelector({ path });
  return parsed.ok ? selectValue(parsed.selector, SCOPE) : parsed.detail;
}

describe('a selector', () => {
  it.each([
    ['$.a.b', 1],
    ["$['a b']", 2],
    ['$["a b"]', 2],
    ['$.list[0]', 3],
    ['$.list[1].c', 4],
    ["$['a']['b']", 1],
    ['$$.model', 'm'],
    ['@key', 'k'],
    ['@header.trace', 't'],
    ['@header.x.y', 'z'],
    ['@timestamp', 5],
    ['$.nothing', null],
    ['$', SCOPE.row],
  ])('%s finds its value', (path, value) => {
    expect(find(path)).toEqual(value);
  });

  it.each([
    '$.absent',
    '$.a.absent.b',
    '$.list[9]',
    '$.a[0]',
    '$.list.a',
    '$.toString',
    '@header.no',
  ])('%s finds nothing', (path) => {
    expect(find(path)).toBeUndefined();
  });

  it.each([
    'a.b',
    '',
    '$a',
    '$.',
    '$..a',
    '$.a b',
    '$.a[',
    '$.a[-1]',
    '$.list[*]',
    '@',
    '@header.',
  ])("'%s' is refused with the valid forms", (path) => {
    expect(find(path)).toBe(`'${path}' is no selector; valid forms: ${SELECTOR_FORMS}`);
  });

  it('may be a constant, of any type that a field has', () => {
    const parsed = parseSelector({ constant: false });
    expect(parsed.ok && selectValue(parsed.selector, SCOPE)).toBe(false);
  });
});
