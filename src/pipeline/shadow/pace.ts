/** So much may be caught up at once when a timer was late. */
const BURST_MS = 100;

/** A rate limit: resolves when the next one may go. */
export type Pace = () => Promise<void>;

/**
 * A token bucket, kept as the time at which the next token is there: over any stretch of time not
 * more than the rate allows, and what it allows in a tenth of a second. Null: no limit.
 */
export function createPace(
  ratePerSecond: number | null,
  clock: { readonly nowMs: () => number; readonly wait: (ms: number) => Promise<void> },
): Pace {
  if (ratePerSecond === null) return () => Promise.resolve();
  const spacingMs = 1000 / ratePerSecond;
  let freeAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const nowMs = clock.nowMs();
    freeAtMs = Math.max(freeAtMs, nowMs - BURST_MS);
    const waitMs = freeAtMs - nowMs;
    freeAtMs += spacingMs;
    if (waitMs > 0) await clock.wait(waitMs);
  };
}
