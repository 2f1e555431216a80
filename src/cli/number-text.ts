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
