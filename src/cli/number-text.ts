/** A share in percent: 0.0125 is `1.25 %`. */
export function shareText(share: number): string {
  return `${Number((share * 100).toPrecision(4))} %`;
}

/** Event time in UTC, to the second: `2001-04-11 05:00:00Z`. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').replace('.000Z', 'Z');
}

/** A number short enough for a table, and never in exponents where a person would not. */
export function numberText(value: number | null): string {
  if (value === null) return '-';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** ln of evidence: what rounding leaves of 0 is shown as 0. */
export function logText(value: number | null): string {
  return numberText(value !== null && Math.abs(value) < 1e-9 ? 0 : value);
}
