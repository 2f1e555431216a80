import { describe, expect, it } from 'vitest';
import type { FieldMap } from '../../../../src/core/events/field-map.ts';
import {
  ARM_VERSION,
  compileFieldMap,
  type MappedRecord,
} from '../../../../src/core/events/field-map-compile.ts';

const NOTHING: FieldMap = { fields: {}, features: null, context: null, arms: null, rows: null };

function mapped(map: Partial<FieldMap>, record: unknown): MappedRecord {
  const compiled = compileFieldMap({ ...NOTHING, ...map });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const source = { record, key: 'k-1', headers: { region: 'eu' }, recordTimeMs: 77 };
  return compiled.fieldMap.map(source);
}

/** The fields that have a value. */
function valuesOf(map: Partial<FieldMap>, record: unknown): unknown {
  const result = mapped(map, record);
  return result.ok ? result.values.map((value) => JSON.parse(JSON.stringify(value))) : result;
}

describe('a field map', () => {
  it('leaves a record as it is when there is none', () => {
    const compiled = compileFieldMap(null);
    const source = { record: { x: 1 }, key: null, headers: {}, recordTimeMs: 0 };
    expect(compiled.ok && compiled.fieldMap.map(source)).toEqual({ ok: true, values: [{ x: 1 }] });
  });

  it('renames, sets constants, and takes the rest by its own name', () => {
    const fields = {
      request_id: { path: '@key' },
      version: { path: '$.meta.model_version' },
      model: { constant: 'fraud' },
      event_time: { path: '@timestamp' },
      label: { path: '@header.region' },
    } as const;
    const record = { meta: { model_version: 'v6' }, score: 0.5, features: { a: 1 }, p: 2 };
    expect(valuesOf({ fields }, record)).toEqual([
      {
        request_id: 'k-1',
        version: 'v6',
        model: 'fraud',
        event_time: 77,
        label: 'eu',
        score: 0.5,
        features: { a: 1 },
      },
    ]);
  });

  it('finds features as an object at a path, or gathers single fields', () => {
    const record = { in: { a: 1, b: 'x' }, c: true, d: 2 };
    const map = { features: { path: '$.in' }, context: { fields: ['c', 'absent'] } } as const;
    expect(valuesOf(map, record)).toEqual([
      { features: { a: 1, b: 'x' }, context: { c: true, absent: null } },
    ]);
  });

  it('makes one prediction of each arm that a record holds', () => {
    const arms = {
      current: { score: { path: '$.champion.score' }, version: { constant: 'v6' } },
      canary: { score: { path: '$.challenger.score' } },
    } as const;
    const both = { request_id: 'r', champion: { score: 0.1 }, challenger: { score: 0.2 } };
    expect(valuesOf({ arms }, both)).toEqual([
      { request_id: 'r', score: 0.1, version: 'v6' },
      { request_id: 'r', score: 0.2, version: ARM_VERSION.canary },
    ]);
    const one = { request_id: 'r', champion: { score: 0.1 }, challenger: null };
    expect(valuesOf({ arms }, one)).toEqual([{ request_id: 'r', score: 0.1, version: 'v6' }]);
  });

  it('makes one prediction of each row, with what the record around it says', () => {
    const fields = { score: { path: '$.p' }, unit_id: { path: '$$.user' } } as const;
    const record = {
      request_id: 'r',
      user: 'u',
      rows: [
        { p: 1, features: { a: 1 } },
        { p: 2, row_index: 9 },
      ],
    };
    for (const rows of ['$.rows', '$.rows[*]'])
      expect(valuesOf({ fields, rows }, record)).toEqual([
        { request_id: 'r', unit_id: 'u', score: 1, row_index: 0, features: { a: 1 } },
        { request_id: 'r', unit_id: 'u', score: 2, row_index: 9 },
      ]);
    expect(valuesOf({ fields, rows: '$.rows' }, { rows: [] })).toEqual([]);
  });

  it('refuses a record whose list of rows is none', () => {
    const result = mapped({ rows: '$.a.rows' }, { a: { rows: 3 } });
    expect(result).toMatchObject({ ok: false, problem: { reason: 'wrong_type' } });
  });

  it('is refused with every problem that it has, and where', () => {
    const compiled = compileFieldMap({
      fields: { scores: { path: '$.a' }, score: { path: 'a' } },
      features: { path: '$.a[' },
      context: null,
      arms: { current: { label: { path: '?' } }, canary: {} },
      rows: '$.rows[1',
    });
    expect(compiled.ok ? [] : compiled.problems.map(({ at }) => at)).toEqual([
      'fields.scores',
      'fields.score',
      'features.path',
      'arms.current.label',
      'rows',
    ]);
  });
});
