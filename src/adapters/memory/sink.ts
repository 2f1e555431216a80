import { assert } from '../../core/foundation/assert.ts';
import type { OutboxRow, VerdictSink } from '../../pipeline/ports.ts';

export interface MemorySink extends VerdictSink {
  readonly rows: readonly OutboxRow[];
}

/** A sink that keeps its rows in memory. */
export function memorySink(): MemorySink {
  const rows: OutboxRow[] = [];
  const append = (given: readonly OutboxRow[]): void => {
    for (const row of given) {
      if (row.number <= rows.length) continue;
      assert(row.number === rows.length + 1, `row ${row.number} follows row ${rows.length}`);
      rows.push(row);
    }
  };
  return {
    rows,
    lastNumber: async () => await Promise.resolve(rows.length),
    append: async (given) => await Promise.resolve().then(() => append(given)),
    close: async () => await Promise.resolve(),
  };
}
