import { describe, expect, it } from 'vitest';
import {
  DURATION_EXAMPLES,
  DURATION_PATTERN,
  durationMs,
  POSITIVE_DURATION_PATTERN,
} from '../../../../src/app/plan/duration.ts';

describe('a duration', () => {
  it('is a whole number with a unit', () => {
    expect(DURATION_EXAMPLES.map(durationMs)).toEqual([
      250, 30_000, 1_800_000, 3_600_000, 172_800_000,
    ]);
  });

  it('has exact milliseconds up to its largest', () => {
    expect(durationMs('9999999d')).toBe(863_999_913_600_000);
  });

  it.each(['', '5', '1.5h', '-1s', '1 h', '1h30m', '5M', '12345678s'])('is not %j', (text) => {
    expect(DURATION_PATTERN.test(text)).toBe(false);
  });

  it('may be zero only where that means something', () => {
    expect(DURATION_PATTERN.test('0s')).toBe(true);
    expect(POSITIVE_DURATION_PATTERN.test('0s')).toBe(false);
  });

  it('that does not match the pattern is a broken invariant', () => {
    expect(() => durationMs('soon')).toThrow('soon is a duration');
  });
});
