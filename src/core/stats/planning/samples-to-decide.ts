import { nullShare } from '../sequential/tilt.ts';

/**
 * What not knowing the size of the fault costs, in nats. Simulated means, with the restart half, are
 * 0.96 to 1.21 times (ln(1/alpha) + 2)/g; 80 % of runs need at most about 1.5 times as much.
 */
const MIXTURE_COST = 2;

/**
 * Observations until evidence that grows by so much per observation reaches its line, on average
 * (Wald's approximation); null when it does not grow: it would never tell.
 */
function observationsToLine(logLine: number, information: number): number | null {
  return information > 0 ? (logLine + MIXTURE_COST) / information : null;
}

/** p ln(p/q) + (1 - p) ln((1 - p)/(1 - q)): nats by which one draw at p tells p from q. */
function binaryDivergence(p: number, q: number): number {
  return divergencePart(p, q) + divergencePart(1 - p, 1 - q);
}

function divergencePart(p: number, q: number): number {
  return p === 0 ? 0 : p * Math.log(p / q);
}

/** A fault to be seen by comparing the event rates of the two arms. */
export interface RatioPlan {
  /** Share of the canary among the requests, in (0, 1). */
  readonly share: number;
  /** Event rate of the current model, in (0, 1). */
  readonly currentRate: number;
  /** Risk ratio of the canary that is to be seen. */
  readonly ratio: number;
  /** Risk ratio that is tolerated. */
  readonly ratioTolerated: number;
}

/**
 * Nats of evidence per canary request: (p_pool/rho) times the divergence of the canary's share of
 * the events under the fault from that at the tolerance. 0 when the ratio is within the tolerance.
 *
 * @example
 * informationPerCanaryRequest({ share: 0.01, currentRate: 0.01, ratio: 1.5, ratioTolerated: 1 })
 * // 0.0010694974030281967
 */
export function informationPerCanaryRequest(plan: RatioPlan): number {
  const { share, currentRate, ratio, ratioTolerated } = plan;
  if (ratio <= ratioTolerated) return 0;
  const pooledRate = share * ratio * currentRate + (1 - share) * currentRate;
  const underFault = nullShare(share, Math.log(ratio));
  const tolerated = nullShare(share, Math.log(ratioTolerated));
  return (pooledRate / share) * binaryDivergence(underFault, tolerated);
}

/**
 * Canary requests until the tilt sees a fault, on average; null if it never would (ratio within the
 * tolerance). `logLine` is what ln E must reach. For windows, divide by canary requests per window.
 *
 * @example
 * canaryRequestsToDecide(
 *   { share: 0.01, currentRate: 0.01, ratio: 1.5, ratioTolerated: 1 }, Math.log(20),
 * ) // 4671.1
 */
export function canaryRequestsToDecide(plan: RatioPlan, logLine: number): number | null {
  return observationsToLine(logLine, informationPerCanaryRequest(plan));
}

/**
 * Trials until the one-sample tilt sees that a rate is above its limit, on average; null at a rate
 * within the limit. Rates in (0, 1).
 *
 * @example trialsToDecide({ rate: 0.05, limit: 0.02 }, Math.log(100)) // 405.8
 */
export function trialsToDecide(
  rates: { readonly rate: number; readonly limit: number },
  logLine: number,
): number | null {
  const { rate, limit } = rates;
  return observationsToLine(logLine, rate > limit ? binaryDivergence(rate, limit) : 0);
}
