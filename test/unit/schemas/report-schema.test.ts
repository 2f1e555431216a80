import { readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { reportJsonSchema, type reportShape } from '../../../src/app/report/report-shape.ts';
import type { RolloutReport } from '../../../src/core/report/rollout-report.ts';

const FILE = new URL('../../../schemas/report.schema.json', import.meta.url);
const REPORT = new URL('../core/report/small-rollout.json', import.meta.url);

/** The members of a document, however deep, and nothing of their types. */
type Members<T> = T extends readonly (infer Item)[]
  ? Members<Item>
  : T extends object
    ? { readonly [Key in keyof T]-?: Members<T[Key]> }
    : true;

function parsed(file: URL) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

describe('schemas/report.schema.json', () => {
  it('is the schema of the reports that are written (how to write it anew: schemas/README.md)', () => {
    expect(parsed(FILE)).toEqual(reportJsonSchema());
  });

  it('has the members of a report, all of them and no other', () => {
    expectTypeOf<Members<z.infer<typeof reportShape>>>().toEqualTypeOf<Members<RolloutReport>>();
  });

  it('takes a report', () => {
    expect(z.fromJSONSchema(parsed(FILE)).safeParse(parsed(REPORT)).error).toBeUndefined();
  });

  it.each([
    ['another kind', { kind: 'Rollout' }],
    ['a version to come', { apiVersion: 'coalmine.dev/v2' }],
    ['a member that nobody knows', { colour: 'red' }],
    ['a share above 1', { budget: { spentCount: 1, falseRollbackRateSum: 1.5, spans: [] } }],
  ])('refuses %s', (_, change) => {
    const report = { ...parsed(REPORT), ...change };
    expect(z.fromJSONSchema(parsed(FILE)).safeParse(report).success).toBe(false);
  });
});
