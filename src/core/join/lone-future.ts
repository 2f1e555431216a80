/** Rows of each file that are looked at to tell a real jump in time from one wild record. */
export const LOOK_AHEAD_ROWS = 8;

/** One record that is ahead of the log, and what is seen around it. */
export interface FutureCandidate {
  readonly timeMs: number;
  /** The highest event time merged so far; -Infinity before the first record. */
  readonly clockMs: number;
  readonly futureMaxMs: number;
  /** Event times of the next rows of its file and of the heads of the others; NaN entries are skipped. */
  readonly nearbyMs: Float64Array;
  readonly nearbyLength: number;
}

/**
 * Whether a record of a log without arrival times is lone: further ahead of the log's clock than
 * `futureMaxMs` while nothing around it is within `futureMaxMs` of it or later. A lone record would
 * drag the watermark ahead and make all others late; a real jump (a night without traffic) is
 * confirmed by the records after it. Before the first record there is no clock: then a record is
 * lone only when others contradict it. Times in ms; an infinite `futureMaxMs` never finds one.
 *
 * @example isLoneFuture({ timeMs: 9e5, clockMs: 0, futureMaxMs: 6e4,
 *   nearbyMs: Float64Array.of(1000, 2000), nearbyLength: 2 }) // true
 */
export function isLoneFuture(candidate: FutureCandidate): boolean {
  const { timeMs, clockMs, futureMaxMs, nearbyMs, nearbyLength } = candidate;
  if (!(timeMs > clockMs + futureMaxMs)) return false;
  let seenCount = 0;
  for (let i = 0; i < nearbyLength; i += 1) {
    const nearby = nearbyMs[i] ?? Number.NaN;
    if (nearby >= timeMs - futureMaxMs) return false;
    if (nearby === nearby) seenCount += 1;
  }
  return clockMs !== Number.NEGATIVE_INFINITY || seenCount > 0;
}
