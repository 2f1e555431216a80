import { CoalmineError } from '../../src/core/foundation/error.ts';
import type { SchemaRegistrar } from '../../src/pipeline/stream/ports.ts';

/** A registry in memory, as Confluent's: one id for one text, whatever the subject. */
export interface MemoryRegistry extends SchemaRegistrar {
  /** How often it was asked, over both questions. */
  asked: number;
  /** While true it does not answer. */
  isDown: boolean;
  readonly subjects: Map<string, number[]>;
}

export function memoryRegistry(): MemoryRegistry {
  const texts: string[] = [];
  const registry: MemoryRegistry = {
    asked: 0,
    isDown: false,
    subjects: new Map(),
    async idOf(subject, text) {
      answer();
      const id = texts.includes(text) ? texts.indexOf(text) + 1 : texts.push(text);
      const ids = registry.subjects.get(subject) ?? [];
      registry.subjects.set(subject, ids.includes(id) ? ids : [...ids, id]);
      return id;
    },
    async schemaOf(id) {
      answer();
      const text = texts[id - 1];
      if (text === undefined) return { kind: 'unknown', detail: 'the registry has no such schema' };
      return { kind: 'avro', text };
    },
  };
  const answer = (): void => {
    registry.asked += 1;
    if (registry.isDown) throw new CoalmineError('registry_unavailable', 'no answer');
  };
  return registry;
}
