import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { planJsonSchema } from '../../../src/app/plan/json-schema.ts';

const FILE = new URL('../../../schemas/plan.schema.json', import.meta.url);

describe('schemas/plan.schema.json', () => {
  it('is the schema of the plans that are read (how to write it anew: schemas/README.md)', () => {
    expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(planJsonSchema());
  });

  it('knows the keys and the defaults', () => {
    expect(planJsonSchema()).toMatchObject({
      properties: {
        spec: {
          properties: {
            promoteOn: { enum: ['noHarm', 'proof'], default: 'noHarm' },
            window: { properties: { idleTimeout: { default: '30s' } } },
          },
          required: ['model', 'current', 'canary'],
        },
      },
    });
  });
});
