import { assert } from '../../core/foundation/assert.ts';

/** A whole number and a unit. A bare number is refused: Argo reads seconds there, others ms. */
export const DURATION_PATTERN = /^\d{1,7}(ms|s|m|h|d)$/;
export const POSITIVE_DURATION_PATTERN = /^[1-9]\d{0,6}(ms|s|m|h|d)$/;
export const DURATION_EXAMPLES = ['250ms', '30s', '30m', '1h', '2d'] as const;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Milliseconds of a duration that matches {@link DURATION_PATTERN}.
 *
 * @example durationMs('30m') // 1_800_000
 */
export function durationMs(text: string): number {
  const number = Number.parseInt(text, 10);
  const unit = UNIT_MS[text.replace(/^\d+/, '')];
  assert(Number.isSafeInteger(number) && unit !== undefined, `${text} is a duration`);
  return number * unit;
}
