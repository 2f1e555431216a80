import { CoalmineError } from '../../core/foundation/error.ts';
import type { SchemaRegistrar } from '../../pipeline/stream/ports.ts';
import type { Telemetry } from '../../pipeline/stream/telemetry.ts';

export interface CountedRegistry extends SchemaRegistrar {
  /** Whether the last question was answered; true before the first. */
  readonly isAnswering: boolean;
}

/** A registry whose failures are seen in the metrics and by who asks whether the service is ready. */
export function countedRegistry(
  registry: SchemaRegistrar,
  telemetry: Pick<Telemetry, 'count'>,
): CountedRegistry {
  let isAnswering = true;
  const counted = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      const answer = await ask();
      isAnswering = true;
      return answer;
    } catch (error) {
      if (error instanceof CoalmineError && error.code.startsWith('registry_'))
        telemetry.count('registry_failures_total', {});
      // What it refuses it has answered.
      if (error instanceof CoalmineError) isAnswering = error.code !== 'registry_unavailable';
      throw error;
    }
  };
  return {
    get isAnswering() {
      return isAnswering;
    },
    schemaOf: async (id) => await counted(async () => await registry.schemaOf(id)),
    idOf: async (subject, text) => await counted(async () => await registry.idOf(subject, text)),
  };
}
