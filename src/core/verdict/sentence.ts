/**
 * A number in at most three significant digits, as people write it.
 *
 * @example figure(0.03149) // '0.0315'
 */
export function figure(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/**
 * A share or rate as a percentage with at most three significant digits.
 *
 * @example percent(0.17123) // '17.1 %'
 */
export function percent(rate: number): string {
  return `${figure(rate * 100)} %`;
}

/**
 * A probability; nobody needs more than three digits of a small one.
 *
 * @example probability(1e-9) // 'below 0.001'
 */
export function probability(value: number): string {
  return value < 0.001 ? 'below 0.001' : figure(value);
}

/**
 * A difference of rates, in points of a percentage.
 *
 * @example points(0.005) // '0.5 points'
 */
export function points(rate: number): string {
  return `${figure(rate * 100)} points`;
}

/**
 * A whole count with a comma between thousands; fractions are rounded.
 *
 * @example count(4512) // '4,512'
 */
export function count(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}

/**
 * A count with its noun.
 *
 * @example counted(1, 'pair') // '1 pair'
 */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${Math.round(value) === 1 ? '' : 's'}`;
}

/** ln of odds that are written as 1 to 1. */
const EVEN_ODDS = 0.005;

/**
 * What ln E says, as odds: powers of ten once they are large.
 *
 * @example evidence(11.97) // 'evidence 10^5.2 to 1 against'
 */
export function evidence(logEvidence: number): string {
  // Odds that are written 1 to 1 say nothing; rounding alone can leave some behind.
  if (logEvidence < EVEN_ODDS) return 'no evidence against';
  const power = logEvidence / Math.LN10;
  if (power < 1) return `evidence ${figure(Math.exp(logEvidence))} to 1 against`;
  return `evidence 10^${power.toFixed(1)} to 1 against`;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/**
 * A length of time in ms, in its two largest units, rounded down to whole ones.
 *
 * @example duration(5_400_000) // '1 h 30 min'
 */
export function duration(lengthMs: number): string {
  const largest = UNITS.findIndex(([, size]) => lengthMs >= size);
  if (largest < 0) return `${Math.round(lengthMs)} ms`;
  let left = lengthMs;
  const parts: string[] = [];
  for (const [name, size] of UNITS.slice(largest, largest + 2)) {
    const whole = Math.floor(left / size);
    if (whole > 0) parts.push(`${whole} ${name}`);
    left -= whole * size;
  }
  return parts.join(' ');
}

/**
 * The name of a stage by its share.
 *
 * @example stageName(0.05) // '5 %'
 */
export function stageName(share: number): string {
  return share === 0 ? 'shadow' : percent(share);
}

/**
 * A quantile in the way people name it.
 *
 * @example quantileName(0.95) // 'p95'
 */
export function quantileName(quantile: number): string {
  return `p${figure(quantile * 100)}`;
}
