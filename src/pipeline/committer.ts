import type { RoutingTable } from '../core/events/routing.ts';
import type { LineOutput } from './line.ts';
import type { Commit, KeptPair, OutcomeSegments, PairSink, Router, WindowStore } from './ports.ts';
import type { PublishTargets } from './publisher.ts';
import { publishOutbox } from './publisher.ts';

export interface CommitterDeps {
  readonly store: WindowStore;
  readonly targets: PublishTargets;
  readonly router: Router;
  readonly segments: OutcomeSegments;
  readonly pairs: PairSink;
}

/** Everything that one commit makes durable, taken at one moment of the line. */
export interface CommitBatch {
  readonly commit: Commit;
  readonly outputs: readonly LineOutput<Uint8Array>[];
  /** Kept pairs of windows that ended before this event time are let go; null: none are. */
  readonly expirePairsBeforeMs: number | null;
  readonly onStored: () => void;
}

/**
 * Makes batches durable, one at a time and in order, while the line reads on. What depends on a
 * window being stored (routers, published rows, files let go) follows its commit, never precedes it.
 */
export class Committer {
  private readonly deps: CommitterDeps;
  private inFlight: Promise<void> = Promise.resolve();

  constructor(deps: CommitterDeps) {
    this.deps = deps;
  }

  /** Waits for the batch before, then begins with this one. Rejects with what failed there. */
  async submit(batch: CommitBatch): Promise<void> {
    await this.inFlight;
    this.inFlight = this.store(batch);
    // A failure is thrown by the next submit or settle: it must not count as unheard until then.
    this.inFlight.catch(() => {});
  }

  /** Waits until everything submitted is durable and published. */
  async settle(): Promise<void> {
    await this.inFlight;
  }

  private async store({
    commit,
    outputs,
    expirePairsBeforeMs,
    onStored,
  }: CommitBatch): Promise<void> {
    const { deps } = this;
    for (const { segments, pairs } of outputs) {
      // All of a window at once: each waits for the disk, and their order says nothing.
      await Promise.all(segments.map(({ name, bytes }) => deps.segments.write(name, bytes)));
      for (const [startMs, kept] of byWindow(pairs)) await deps.pairs.write(`0-${startMs}`, kept);
    }
    // Past their retention whatever becomes of this commit; after it a crash would leave them.
    if (expirePairsBeforeMs !== null) await deps.pairs.expire(expirePairsBeforeMs);
    await deps.store.commit(commit);
    const table = lastTable(outputs);
    if (table !== null) await deps.router.apply(table);
    await publishOutbox(deps.store, deps.targets);
    const expired = outputs.flatMap((output) => output.expiredSegments);
    if (expired.length > 0) await deps.segments.remove(expired);
    onStored();
  }
}

/** Kept pairs by the start of their window. */
export function byWindow(pairs: readonly KeptPair[]): Map<number, KeptPair[]> {
  const all = new Map<number, KeptPair[]>();
  for (const pair of pairs) {
    const kept = all.get(pair.windowStartMs);
    if (kept === undefined) all.set(pair.windowStartMs, [pair]);
    else kept.push(pair);
  }
  return all;
}

function lastTable(outputs: readonly LineOutput<Uint8Array>[]): RoutingTable | null {
  return (
    outputs.findLast((output) => (output.closed?.table ?? null) !== null)?.closed?.table ?? null
  );
}
