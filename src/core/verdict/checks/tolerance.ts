import type { Tolerance } from '../../events/plan.ts';

/**
 * A tolerance with so many times the room: ratio 1.25 and factor 2 give ratio 1.5.
 *
 * @example widen({ ratio: 1.25, difference: 0.001 }, 2) // { ratio: 1.5, difference: 0.002 }
 */
export function widen(tolerance: Tolerance, factor: number): Tolerance {
  return {
    ratio: 1 + (tolerance.ratio - 1) * factor,
    difference: tolerance.difference * factor,
  };
}

/**
 * Whether a value is out of tolerance of the current model's: both more than `ratio` times it and
 * more than `difference` above it. A difference of 0 leaves the ratio alone.
 *
 * @example exceeds(0.02, 0.01, { ratio: 1.25, difference: 0.02 }) // false
 */
export function exceeds(value: number, current: number, tolerance: Tolerance): boolean {
  return value > current * tolerance.ratio && value > current + tolerance.difference;
}

/**
 * The ln of the greatest tolerated ratio at a base rate: the larger of ln ratio and
 * ln(1 + difference / rate), since both must be exceeded. Null when a difference is tolerated and
 * no base rate is known.
 *
 * @example logMarginOf({ ratio: 1.25, difference: 0.01 }, 0.01) // 0.6931471805599453
 */
export function logMarginOf(tolerance: Tolerance, rate: number | null): number | null {
  const byRatio = Math.log(tolerance.ratio);
  if (tolerance.difference <= 0) return byRatio;
  return rate === null ? null : Math.max(byRatio, Math.log1p(tolerance.difference / rate));
}
