const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/**
 * A size for a person.
 *
 * @example bytesText(1_500_000) // '1.5 MB'
 */
export function bytesText(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${Number(size.toPrecision(3))} ${UNITS[unit] ?? ''}`;
}
