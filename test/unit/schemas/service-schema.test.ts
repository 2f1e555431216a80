import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { serviceJsonSchema } from '../../../src/app/service/config/json-schema.ts';

const FILE = new URL('../../../schemas/service.schema.json', import.meta.url);

describe('schemas/service.schema.json', () => {
  it('is the schema of the configs that are read (how to write it anew: schemas/README.md)', () => {
    expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(serviceJsonSchema());
  });

  it('knows the keys and the defaults', () => {
    expect(serviceJsonSchema()).toMatchObject({
      properties: {
        kafka: { properties: { sessionTimeout: { default: '20s' } }, required: ['brokers'] },
        limits: { properties: { rolloutCountMax: { default: 30 } } },
      },
      required: ['kafka', 'registry'],
    });
  });
});
