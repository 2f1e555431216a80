import { CoalmineError } from '../../core/foundation/error.ts';
import type { OutcomeSegments } from '../../pipeline/ports.ts';

/** Segments in memory. */
export function memoryOutcomeSegments(): OutcomeSegments {
  const segments = new Map<string, Uint8Array>();
  const read = (name: string): Uint8Array => {
    const bytes = segments.get(name);
    if (bytes === undefined) throw new CoalmineError('not_found', `no outcome segment ${name}`);
    return bytes.slice();
  };
  return {
    write: async (name, bytes) => {
      await Promise.resolve(segments.set(name, bytes.slice()));
    },
    read: async (name) => await Promise.resolve().then(() => read(name)),
    list: async () => await Promise.resolve([...segments.keys()].toSorted()),
    remove: async (names) => {
      for (const name of names) segments.delete(name);
      await Promise.resolve();
    },
  };
}
