import { expect, it } from 'vitest';
import { memorySchemas } from '../../../../src/adapters/registry/memory-schemas.ts';

it('schemas in memory are known by their ids, and no others are', async () => {
  const schemas = memorySchemas({ 3: '"string"' });
  expect(await schemas.schemaOf(3)).toEqual({ kind: 'avro', text: '"string"' });
  expect(await schemas.schemaOf(4)).toEqual({
    kind: 'unknown',
    detail: 'the registry has no schema 4',
  });
});
