import type { KnownSchema, SchemaSource } from '../../pipeline/stream/ports.ts';

/** Schemas in memory, by id: for tests and for schemas that come with the program. */
export function memorySchemas(schemas: Readonly<Record<number, string>>): SchemaSource {
  return {
    async schemaOf(id): Promise<KnownSchema> {
      const text = schemas[id];
      if (text !== undefined) return { kind: 'avro', text };
      return { kind: 'unknown', detail: `the registry has no schema ${id}` };
    },
  };
}
