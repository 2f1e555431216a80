import { assert } from '../../foundation/assert.ts';

/**
 * Jensen-Shannon divergence in nats, in [0, ln 2]: the mean KL of both sides from their midpoint.
 * Symmetric, and finite even where one side is empty: needs no smoothing.
 *
 * @example jensenShannonDivergence([1, 0], [0, 1]) // 0.6931471805599453 = ln 2
 */
export function jensenShannonDivergence(p: readonly number[], q: readonly number[]): number {
  assert(p.length === q.length, 'both share vectors have the same cells');
  let sum = 0;
  for (const [cell, share] of p.entries()) {
    const other = q[cell] ?? 0;
    const middle = (share + other) / 2;
    sum += againstMiddle(share, middle) + againstMiddle(other, middle);
  }
  return Math.min(Math.LN2, Math.max(0, sum / 2));
}

function againstMiddle(share: number, middle: number): number {
  return share === 0 ? 0 : share * Math.log(share / middle);
}

/**
 * Jensen-Shannon distance: the square root of the divergence, a metric, in [0, 0.8326]. Some tools
 * print this one under the same name as the divergence, and some in bits: both are named here.
 *
 * @example jensenShannonDistance([1, 0], [0, 1]) // 0.8325546111576977
 */
export function jensenShannonDistance(p: readonly number[], q: readonly number[]): number {
  return Math.sqrt(jensenShannonDivergence(p, q));
}
