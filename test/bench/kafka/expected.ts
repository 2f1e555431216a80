/**
 * What the two topics of the peer's generator hold, from its options alone: a port of its model, in
 * which record i of an arm is a function of (seed, i, arm). The peer's own check prints what it
 * expects, and both must agree.
 */
export interface GeneratedModel {
  readonly requestCount: number;
  readonly seed: number;
  readonly unmatchedShare: number;
}

export interface ExpectedTotals {
  readonly pairs: number;
  readonly onlyCurrent: number;
  readonly onlyCanary: number;
  /** Pairs whose scores lie more than 0.1 apart. */
  readonly disagree: number;
  /** Pairs on two sides of the threshold, by direction of the canary. */
  readonly flipsUp: number;
  readonly flipsDown: number;
}

export const THRESHOLD = 0.5;
const GOLDEN = 0x9e3779b97f4a7c15n;

/** Totals over all requests. */
export function expectedTotals(model: GeneratedModel): ExpectedTotals {
  const { requestCount, unmatchedShare } = model;
  const totals = { pairs: 0, onlyCurrent: 0, onlyCanary: 0, disagree: 0, flipsUp: 0, flipsDown: 0 };
  for (let i = 0; i < requestCount; i++) {
    const drawn = drawsOf(model.seed, i);
    const presence = drawn(1);
    if (presence < unmatchedShare / 2) totals.onlyCurrent += 1;
    else if (presence < unmatchedShare) totals.onlyCanary += 1;
    else {
      totals.pairs += 1;
      const current = drawn(3) ** 2;
      const canary = canaryScore(current, drawn);
      if (Math.abs(current - canary) > 0.1) totals.disagree += 1;
      if (canary >= THRESHOLD && current < THRESHOLD) totals.flipsUp += 1;
      if (canary < THRESHOLD && current >= THRESHOLD) totals.flipsDown += 1;
    }
  }
  return totals;
}

/** In the order of the model's own additions: the last bit counts. */
function canaryScore(current: number, drawn: (salt: number) => number): number {
  const moved = current + ((drawn(4) - 0.5) * 0.12 + (drawn(5) < 0.02 ? 0.2 : 0));
  return Math.max(0, Math.min(0.999999, moved));
}

/** Uniform numbers of request i, by salt. */
function drawsOf(seed: number, i: number): (salt: number) => number {
  const base = mix(BigInt.asUintN(64, BigInt(seed)) ^ BigInt.asUintN(64, BigInt(i) * GOLDEN));
  return (salt) => Number(mix(BigInt.asUintN(64, base + BigInt(salt))) >> 11n) * 2 ** -53;
}

/** The finaliser of splitmix64. */
function mix(value: bigint): bigint {
  let z = BigInt.asUintN(64, value + GOLDEN);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
