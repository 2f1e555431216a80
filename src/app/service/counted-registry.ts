import { CoalmineError } from '../../core/foundation/error.ts';
import type { SchemaRegistrar } from '../../pipeline/stream/ports.ts';
import type { Telemetry } from '../../pipeline/stream/telemetry.ts';

/** A registry whose failures are seen in the metrics. */
export function countedRegistry(
  registry: SchemaRegistrar,
  telemetry: Pick<Telemetry, 'count'>,
): SchemaRegistrar {
  const counted = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof CoalmineError && error.code.startsWith('registry_'))
        telemetry.count('registry_failures_total', {});
      throw error;
    }
  };
  return {
    schemaOf: async (id) => await counted(async () => await registry.schemaOf(id)),
    idOf: async (subject, text) => await counted(async () => await registry.idOf(subject, text)),
  };
}
