import { describe, expect, it } from 'vitest';
import { compileTemplate, DEFAULT_BODY } from '../../../../src/pipeline/shadow/template.ts';
import { current } from '../../../support/predictions.ts';

const asked = current('r-1', 986_947_200_000, {
  features: { amount: 12.5, country: 'de', isNew: true, gone: null, 'a.b': 1 },
  context: { shop: 'x' },
});

function filled(template: unknown): unknown {
  const result = compileTemplate(template)(asked);
  return result.ok ? result.value : `lacks ${result.field}`;
}

describe('the template of a request', () => {
  it('is request_id and features when none is given', () => {
    expect(filled(DEFAULT_BODY)).toEqual({ request_id: 'r-1', features: asked.features });
  });

  it('puts a value with its type where a text is one placeholder', () => {
    expect(
      filled({ rows: [['{{features.amount}}', '{{ features.isNew }}', '{{features.gone}}']] }),
    ).toEqual({ rows: [[12.5, true, null]] });
  });

  it('puts text into longer texts', () => {
    expect(filled('{{features.country}}/{{features.amount}}/{{context.shop}}')).toBe('de/12.5/x');
  });

  it('takes names with dots, and what is no placeholder as it is', () => {
    expect(filled({ a: '{{features.a.b}}', b: 3, c: null, d: 'plain {x}' })).toEqual({
      a: 1,
      b: 3,
      c: null,
      d: 'plain {x}',
    });
  });

  it('knows every field of a request', () => {
    const names = 'row_index model version event_time unit_id session_start context'.split(' ');
    expect(names.map((name) => filled(`{{${name}}}`))).toEqual([
      0,
      'fraud',
      'v6',
      986_947_200_000,
      'r-1',
      null,
      { shop: 'x' },
    ]);
  });

  it('says which field a prediction lacks', () => {
    expect(filled({ a: '{{features.none}}' })).toBe('lacks features.none');
    expect(filled({ a: '{{features.constructor}}' })).toBe('lacks features.constructor');
    expect(filled('x {{features.gone}}')).toBe('lacks features.gone');
  });

  it('makes null of what may be missing', () => {
    expect(filled({ a: '{{features.none?}}', b: 'x{{features.gone?}}' })).toEqual({
      a: null,
      b: 'x',
    });
  });

  it.each(['{{feature.amount}}', 'a {{x}} b', '{{constructor}}'])('refuses %s', (template) => {
    expect(() => compileTemplate([template])).toThrow(
      expect.objectContaining({ code: 'config_invalid' }),
    );
  });
});
