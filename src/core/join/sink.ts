import type { PredictionColumns } from '../events/batch.ts';
import type { ResolvedRows } from './resolved.ts';
import type { Slots } from './slots.ts';

/** What a joiner hands over: all rows of one kind, with the columns that they refer to. */
export interface JoinSink {
  /** A handle for the partial of a window, opened when it is new. */
  partialOf(window: number): number;
  /** Pairs completed by a canary row (their current half is in the slot), or by a current row. */
  foldPairs(arriving: PredictionColumns, pairs: ResolvedRows, slots: Slots): void;
  /** Predictions whose window closes without their other half. */
  foldSingles(singles: ResolvedRows, slots: Slots): void;
  countRepeat(partial: number, kind: 'duplicate' | 'conflict'): void;
  /**
   * A window is reported and stays open for late records: a copy of its partial, into which what
   * waits is folded as it stands, until `report` hands it on.
   */
  copyOf(window: number): number;
  report(window: number, copy: number): void;
  /** Nothing more will be folded into this window; `isAmended`: something was after its report. */
  close(window: number, isAmended: boolean): void;
}

/** Who was to answer: decides what was served, and whether an absent answer is missing. */
export interface Traffic {
  served(columns: PredictionColumns, row: number): boolean;
  /**
   * Whether the other arm was asked for this request as well; `in_shadow`: if its window lies in a
   * shadow stage, which is not known yet.
   */
  due(columns: PredictionColumns, row: number, served: boolean): Due;
}

export type Due = boolean | 'in_shadow';

/** What became of the records of a partition (join contract 6). `matched` counts pairs. */
export interface JoinCounters {
  read: number;
  matched: number;
  unmatchedCurrent: number;
  unmatchedCanary: number;
  notAsked: number;
  /** Alone, and unmatched or not asked as the stage of the window will say. */
  dueInShadow: number;
  duplicate: number;
  conflict: number;
  late: number;
  deadLettered: number;
  ignored: number;
}

/** All zero. */
export function noCounters(): JoinCounters {
  return {
    read: 0,
    matched: 0,
    unmatchedCurrent: 0,
    unmatchedCanary: 0,
    notAsked: 0,
    dueInShadow: 0,
    duplicate: 0,
    conflict: 0,
    late: 0,
    deadLettered: 0,
    ignored: 0,
  };
}

/** Adds counters up, name by name. */
export function sumCounters(all: readonly JoinCounters[]): JoinCounters {
  const total = noCounters();
  for (const one of all) {
    for (const name of Object.keys(total) as (keyof JoinCounters)[]) total[name] += one[name];
  }
  return total;
}

/**
 * Records that are neither decided nor waiting: 0, always (join contract 6).
 *
 * @param open predictions that still wait for their other half
 */
export function unaccounted(counters: JoinCounters, open: number): number {
  return (
    counters.read -
    2 * counters.matched -
    counters.unmatchedCurrent -
    counters.unmatchedCanary -
    counters.notAsked -
    counters.dueInShadow -
    counters.duplicate -
    counters.conflict -
    counters.late -
    counters.deadLettered -
    counters.ignored -
    open
  );
}
