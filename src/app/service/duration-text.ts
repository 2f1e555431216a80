const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/**
 * A duration for a person, in the two largest units that it has.
 *
 * @example durationText(90_061_000) // '1d 1h'
 */
export function durationText(ms: number): string {
  const parts: string[] = [];
  let rest = Math.round(ms);
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    if (count > 0) parts.push(`${count}${unit}`);
    rest -= count * length;
  }
  if (rest > 0 || parts.length === 0) parts.push(`${rest}ms`);
  return parts.slice(0, 2).join(' ');
}

/**
 * How long a topic keeps records, for a person.
 *
 * @example retentionText(-1) // 'for ever'
 */
export function retentionText(ms: number): string {
  return ms === -1 ? 'for ever' : `for ${durationText(ms)}`;
}
