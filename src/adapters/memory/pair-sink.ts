import type { KeptPair, PairSink } from '../../pipeline/ports.ts';

export interface MemoryPairSink extends PairSink {
  readonly files: ReadonlyMap<string, readonly KeptPair[]>;
}

/** Kept pairs in memory, by file name. */
export function memoryPairSink(options: { readonly windowLengthMs: number }): MemoryPairSink {
  const files = new Map<string, readonly KeptPair[]>();
  const endMs = (pairs: readonly KeptPair[]): number =>
    Math.max(...pairs.map((pair) => pair.windowStartMs)) + options.windowLengthMs;
  const expire = (beforeMs: number): number => {
    const old = [...files].filter(([, pairs]) => endMs(pairs) <= beforeMs);
    for (const [file] of old) files.delete(file);
    return old.length;
  };
  return {
    files,
    write: async (file, pairs) => {
      if (pairs.length === 0) files.delete(file);
      else files.set(file, pairs);
      await Promise.resolve();
    },
    expire: async (beforeMs) => await Promise.resolve(expire(beforeMs)),
  };
}
