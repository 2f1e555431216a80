/**
 * Stops on a broken invariant of ours. Never used for input data: bad input is a value.
 *
 * @example assert(cells.length > 0, 'a histogram has at least one cell')
 */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`broken invariant: ${message}`);
}

/**
 * The value, where the surrounding code guarantees that there is one.
 *
 * @example defined(windows[0], 'an open window')
 */
export function defined<T>(value: T | undefined | null, what: string): T {
  assert(value !== undefined && value !== null, `${what} is missing`);
  return value;
}
