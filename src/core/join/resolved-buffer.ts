import type { PredictionColumns } from '../events/batch.ts';
import { ResolvedRows } from './resolved.ts';
import type { JoinSink } from './sink.ts';
import type { Slots } from './slots.ts';
import { FOLD_NONE } from './slots.ts';

/** Empty whenever no partition is being read: a process with thousands of partitions has it once. */
const ROWS = {
  byCanary: new ResolvedRows(),
  byCurrent: new ResolvedRows(),
  singles: new ResolvedRows(),
};

/**
 * Collects rows whose fate is known and hands them over a few thousand at a time, so that a sink
 * can work through one column after the other.
 */
export class ResolvedBuffer {
  current: PredictionColumns | null = null;
  canary: PredictionColumns | null = null;
  private readonly sink: JoinSink;
  private readonly slots: Slots;
  private readonly byCanary = ROWS.byCanary;
  private readonly byCurrent = ROWS.byCurrent;
  private readonly singles = ROWS.singles;

  constructor(sink: JoinSink, slots: Slots) {
    this.sink = sink;
    this.slots = slots;
  }

  /** Where pairs go that a row of this arm completes; to be flushed when it is full. */
  pairsBy(isCanary: boolean): ResolvedRows {
    return isCanary ? this.byCanary : this.byCurrent;
  }

  /** The prediction of a slot stays alone. */
  addSingle(slot: number, partial: number): void {
    const { singles } = this;
    const i = singles.take();
    singles.slot[i] = slot;
    singles.row[i] = this.slots.fold[slot] ?? FOLD_NONE;
    singles.partial[i] = partial;
    singles.marks[i] = this.slots.marks[slot] ?? 0;
    if (singles.isFull) this.flush();
  }

  flush(): void {
    const { sink, slots, byCanary, byCurrent, singles } = this;
    if (byCanary.length > 0 && this.canary !== null) {
      sink.foldPairs(this.canary, byCanary, slots);
      byCanary.length = 0;
    }
    if (byCurrent.length > 0 && this.current !== null) {
      sink.foldPairs(this.current, byCurrent, slots);
      byCurrent.length = 0;
    }
    if (singles.length > 0) {
      sink.foldSingles(singles, slots);
      singles.length = 0;
    }
  }
}
