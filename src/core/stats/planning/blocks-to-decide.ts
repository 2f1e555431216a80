import { blockCountToDecide } from '../sequential/symmetric.ts';

const MIXTURE_COST = 2;

/**
 * Blocks until the block symmetric test reaches a line of ln E, on average, when the mean difference
 * is `shift` root mean squares of a block, in [0, 1]; never fewer than the test can decide in at all.
 * Information per block as if all differences had one size: ((1 + d) ln(1 + d) + (1 - d) ln(1 - d))/2,
 * about d^2/2 (Wald's approximation, plus 2 nats for not knowing d). Null without a shift upwards.
 *
 * @example blocksToDecide(0.5, Math.log(100)) // 51
 */
export function blocksToDecide(shift: number, logLine: number): number | null {
  if (!(shift > 0)) return null;
  const d = Math.min(1, shift);
  const down = d === 1 ? 0 : (1 - d) * Math.log1p(-d);
  const information = ((1 + d) * Math.log1p(d) + down) / 2;
  return Math.max(blockCountToDecide(logLine), Math.ceil((logLine + MIXTURE_COST) / information));
}
