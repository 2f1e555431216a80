/** Milliseconds since 1970 on the clock of the events themselves: when an answer was given. */
export type EventTimeMs = number & { readonly __clock: 'event' };

/** Milliseconds since 1970 on the clock of the process (or of the log's arrival) that reads them. */
export type ProcessingTimeMs = number & { readonly __clock: 'processing' };

/**
 * Brands a number as event time.
 *
 * @example eventTime(986_947_200_000) // 2001-04-11T00:00:00Z
 */
export function eventTime(ms: number): EventTimeMs {
  return ms as EventTimeMs;
}

/**
 * Brands a number as processing time.
 *
 * @example processingTime(1_795_000_000_000)
 */
export function processingTime(ms: number): ProcessingTimeMs {
  return ms as ProcessingTimeMs;
}
