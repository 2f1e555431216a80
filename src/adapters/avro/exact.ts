import { assert } from '../../core/foundation/assert.ts';

/** Beyond this avsc writes another number than it was given, in silence (zigzag in a double). */
const LONG_MAX = 2 ** 52;

/** Stops on longs that Avro would change. */
export function assertExact(values: readonly number[]): void {
  const wrong = values.find((value) => !Number.isInteger(value) || Math.abs(value) > LONG_MAX);
  assert(wrong === undefined, `${wrong} is exact in Avro`);
}
