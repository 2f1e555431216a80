import { numberEntries, outboxEntries, SeenEntries, windowId } from '../../pipeline/outbox.ts';
import type { Commit, OutboxRow, StoredWindow, WindowStore } from '../../pipeline/ports.ts';

/** A store that lasts as long as the process: for tests, and for looking at what was stored. */
export interface MemoryWindowStore extends WindowStore {
  readonly windows: ReadonlyMap<string, StoredWindow>;
}

/** A new, empty store. Nothing is published: it has no readers outside. */
export function memoryWindowStore(): MemoryWindowStore {
  const windows = new Map<string, StoredWindow>();
  const rows: OutboxRow[] = [];
  const seen = new SeenEntries();
  let state: string | null = null;
  const commit = (given: Commit): void => {
    for (const { kind, number, id, body } of numberEntries(outboxEntries(given), seen)) {
      rows.push({ kind, number, id, body });
      seen.add(kind, id);
    }
    for (const window of given.windows) {
      const id = windowId(window.summary);
      if (!windows.has(id)) windows.set(id, window);
    }
    state = given.state;
  };
  return {
    windows,
    loadState: async () => await Promise.resolve(state),
    commit: async (given) => await Promise.resolve(commit(given)),
    outbox: async (kind, afterNumber, limit) =>
      await Promise.resolve(
        rows.filter((row) => row.kind === kind && row.number > afterNumber).slice(0, limit),
      ),
    publish: async () => await Promise.resolve([]),
    close: async () => await Promise.resolve(),
  };
}
