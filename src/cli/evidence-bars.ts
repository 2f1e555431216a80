/** One window of a series: how far it is on the way to its line. */
export interface Bar {
  /** 0: no evidence; 1: at the line. Null: it could not tell. */
  readonly level: number | null;
  readonly isCrossed: boolean;
}

export interface BarSigns {
  /** Below the line, low to high. */
  readonly below: readonly string[];
  readonly crossed: string;
  /** Nothing could be told. */
  readonly untold: string;
}

export const BLOCKS: BarSigns = {
  below: ['▁', '▂', '▃', '▄', '▅', '▆', '▇'],
  crossed: '█',
  untold: '·',
};

export const ASCII: BarSigns = {
  below: ['_', '.', '-', '~', '=', '+', '*'],
  crossed: '#',
  untold: ' ',
};

/**
 * A series as a row of at most `width` bars. The sign of a crossed line is used for nothing else. More
 * windows than that share bars, which show the most of theirs, so that no crossing is hidden. Own code,
 * not a package: those that draw such rows scale them to the data, where a line has no place.
 */
export function evidenceBars(bars: readonly Bar[], width: number, signs: BarSigns): string {
  const count = Math.min(width, bars.length);
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * bars.length) / count);
    const to = Math.floor(((i + 1) * bars.length) / count);
    return signOf(bars.slice(from, to), signs);
  }).join('');
}

function signOf(bars: readonly Bar[], { below, crossed, untold }: BarSigns): string {
  if (bars.some(({ isCrossed }) => isCrossed)) return crossed;
  const levels = bars.flatMap(({ level }) => level ?? []);
  if (levels.length === 0) return untold;
  const most = levels.reduce((high, level) => Math.max(high, level), 0);
  const at = Math.min(below.length - 1, Math.floor(most * below.length));
  return below[at] ?? untold;
}
