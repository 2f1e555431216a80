const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** A smaller range is what rounding leaves. */
const FLAT = 1e-9;

/**
 * A row of bars from the least to the greatest value, at most `width` of them: more values than
 * that share bars, which show the greatest of theirs. Flat values are low bars.
 */
export function sparkline(values: readonly number[], width = 60): string {
  const shown = bucketed(values.filter(Number.isFinite), width);
  const least = shown.reduce((low, value) => Math.min(low, value), Infinity);
  const greatest = shown.reduce((high, value) => Math.max(high, value), -Infinity);
  const range = greatest - least;
  return shown
    .map((value) => {
      const at = range < FLAT ? 0 : Math.round(((value - least) / range) * (BARS.length - 1));
      return BARS[at] ?? '';
    })
    .join('');
}

function bucketed(values: readonly number[], width: number): readonly number[] {
  if (values.length <= width) return values;
  return Array.from({ length: width }, (_, i) => {
    const from = Math.floor((i * values.length) / width);
    const to = Math.floor(((i + 1) * values.length) / width);
    return values.slice(from, to).reduce((high, value) => Math.max(high, value), -Infinity);
  });
}
