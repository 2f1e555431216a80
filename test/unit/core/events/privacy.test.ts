import { describe, expect, it } from 'vitest';
import type { Privacy } from '../../../../src/core/events/field-map.ts';
import { compilePrivacy } from '../../../../src/core/events/privacy.ts';

const RULES: Privacy = { drop: [], hash: [], keep: null, keepDeadLetterPayload: false };
const RECORD = {
  request_id: 'r',
  unit_id: 'user-1',
  features: { email: 'a@b', amount: 3, note: null, deep: { a: 1 } },
  context: { region: 'eu', ip: '10.0.0.1' },
};
const hashText = (text: string): string => `#${text.length}`;

function applied(rules: Partial<Privacy>): unknown {
  const compiled = compilePrivacy({ ...RULES, ...rules }, hashText);
  return compiled.ok ? compiled.privacy.apply(RECORD) : compiled.problems;
}

describe('privacy rules', () => {
  it('change nothing when they say nothing', () => {
    expect(applied({})).toBe(RECORD);
  });

  it('drop, and leave the record that came as it was', () => {
    expect(applied({ drop: ['feature.email', 'context.ip', 'unit_id'] })).toEqual({
      request_id: 'r',
      unit_id: null,
      features: { amount: 3, note: null, deep: { a: 1 } },
      context: { region: 'eu' },
    });
    expect(RECORD.features.email).toBe('a@b');
  });

  it('hash texts, numbers and units, but neither null nor what is no value', () => {
    const hash = ['feature.email', 'feature.amount', 'feature.note', 'feature.deep', 'unit_id'];
    expect(applied({ hash })).toMatchObject({
      unit_id: '#6',
      features: { email: '#3', amount: '#1', note: null, deep: { a: 1 } },
    });
  });

  it('keep only what is named, and the unit; what is dropped is not kept', () => {
    const keep = ['feature.amount', 'context.ip'];
    expect(applied({ keep, drop: ['context.ip'] })).toEqual({
      request_id: 'r',
      unit_id: 'user-1',
      features: { amount: 3 },
      context: {},
    });
  });

  it('are refused for names that nothing has, and for hashes without a key', () => {
    const compiled = compilePrivacy({ ...RULES, drop: ['email'], hash: ['feature.'] }, null);
    expect(compiled.ok ? [] : compiled.problems.map(({ at }) => at)).toEqual([
      'privacy.drop',
      'privacy.hash',
      'privacy.hash',
    ]);
  });
});
