import type { PartialMessage } from './messages.ts';

interface Kept {
  readonly message: PartialMessage;
  readonly offset: number;
}

interface Pending {
  readonly sinceMs: number;
  readonly byPartition: Map<number, Kept>;
}

interface Arrival {
  readonly offset: number;
  readonly nowMs: number;
}

/** Partials that wait for the other partitions' of their window, and with `late: amend` those that may be amended. */
export class PendingWindows {
  private readonly open = new Map<number, Pending>();
  /** First revisions of closed windows, and what amended them. */
  private readonly closed = new Map<number, Pending>();
  private readonly amendments = new Map<number, Pending>();
  /** An amended window is settled when the one so many windows after it closes, be that empty. */
  private readonly settleLag: number;

  constructor(settleLag: number) {
    this.settleLag = settleLag;
  }

  /** The first partial of a partition and window counts: false for a repeat. */
  add(window: number, message: PartialMessage, at: Arrival): boolean {
    return put(message.revision > 0 ? this.amendments : this.open, window, { message, at });
  }

  /** Remembers the first revision of a window that closed before a restart. */
  keep(window: number, message: PartialMessage, at: Arrival): void {
    put(this.closed, window, { message, at });
  }

  /** The oldest window that waits, or whose close settles an amended one; Infinity when none does. */
  oldest(): number {
    const settling = [...this.amendments.keys()].map((window) => window + this.settleLag);
    return Math.min(Infinity, ...this.open.keys(), ...settling);
  }

  /** Processing time at which the first partial of a window came; Infinity when none did. */
  sinceMs(window: number): number {
    return this.open.get(window)?.sinceMs ?? Infinity;
  }

  /** Takes a window's partials, by partition number; kept when they may be amended. */
  take(window: number, mayBeAmended: boolean): readonly PartialMessage[] {
    const pending = this.open.get(window);
    this.open.delete(window);
    if (pending === undefined) return [];
    if (mayBeAmended) this.closed.set(window, pending);
    return inOrder(pending).map(({ message }) => message);
  }

  /** Takes the windows up to this one that were amended, with the latest partial of every partition. */
  takeAmended(settled: number): readonly {
    readonly window: number;
    readonly messages: readonly PartialMessage[];
    readonly before: ReadonlyMap<number, PartialMessage>;
  }[] {
    const amended = [...this.amendments]
      .filter(([window]) => window <= settled)
      .sort(([left], [right]) => left - right)
      .map(([window, pending]) => {
        const first = this.closed.get(window)?.byPartition ?? new Map<number, Kept>();
        const byPartition = new Map([...first, ...pending.byPartition]);
        return {
          window,
          messages: inOrder({ ...pending, byPartition }).map(({ message }) => message),
          before: new Map([...first].map(([partition, kept]) => [partition, kept.message])),
        };
      });
    for (const map of [this.amendments, this.closed]) {
      for (const window of map.keys()) if (window <= settled) map.delete(window);
    }
    return amended;
  }

  /** Forgets what was counted without cells in windows that have them: it is counted again. */
  dropLearning(firstWindow: number): void {
    for (const [window, pending] of this.open) {
      if (window < firstWindow) continue;
      for (const [partition, { message }] of pending.byPartition)
        if (message.windowProfileHash === null) pending.byPartition.delete(partition);
      if (pending.byPartition.size === 0) this.open.delete(window);
    }
  }

  /** Lowest offset of anything here; Infinity when there is nothing. */
  lowestOffset(): number {
    let lowest = Infinity;
    for (const map of [this.open, this.closed, this.amendments]) {
      for (const { byPartition } of map.values())
        for (const { offset } of byPartition.values()) lowest = Math.min(lowest, offset);
    }
    return lowest;
  }
}

function put(
  map: Map<number, Pending>,
  window: number,
  one: { readonly message: PartialMessage; readonly at: Arrival },
): boolean {
  const { message, at } = one;
  let pending = map.get(window);
  if (pending === undefined) {
    pending = { sinceMs: at.nowMs, byPartition: new Map() };
    map.set(window, pending);
  }
  if (pending.byPartition.has(message.partition)) return false;
  pending.byPartition.set(message.partition, { message, offset: at.offset });
  return true;
}

function inOrder(pending: Pending): readonly Kept[] {
  return [...pending.byPartition].sort(([left], [right]) => left - right).map(([, kept]) => kept);
}
