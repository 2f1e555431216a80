type Paint = (text: string) => string;

/** Colours for a terminal; plain text everywhere else. */
export interface Style {
  readonly color: boolean;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly bold: Paint;
  readonly dim: Paint;
}

export interface StyleSource {
  readonly isTTY: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** NO_COLOR wins, then FORCE_COLOR, then whether the stream is a terminal (no-color.org). */
export function styleFor(source: StyleSource): Style {
  const color = wantsColor(source);
  const paint = (open: number, close: number) => (text: string) =>
    color ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    color,
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    bold: paint(1, 22),
    dim: paint(2, 22),
  };
}

function wantsColor(source: StyleSource): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: term } = source.env;
  if (no !== undefined && no !== '') return false;
  if (force !== undefined && force !== '' && force !== '0') return true;
  return source.isTTY && term !== 'dumb';
}
