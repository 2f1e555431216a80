/** What stdout can show. */
export interface Page {
  readonly columns: number;
  /** Whether bars and other signs beyond ASCII are understood. */
  readonly isUtf8: boolean;
}

export interface PageSource {
  readonly isTTY: boolean;
  /** Null: not a terminal, or one that does not say. */
  readonly columns: number | null;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const COLUMNS = 100;

/**
 * The width of the terminal, and whether its locale is UTF-8: the first of LC_ALL, LC_CTYPE and LANG
 * that is set decides, as in POSIX. What is piped goes who knows where: 100 columns of ASCII.
 */
export function pageFor({ isTTY, columns, env }: PageSource): Page {
  if (!isTTY) return { columns: COLUMNS, isUtf8: false };
  const { LC_ALL: all, LC_CTYPE: type, LANG: lang } = env;
  const locale = [all, type, lang].find((one) => one !== undefined && one !== '') ?? '';
  return { columns: columns ?? COLUMNS, isUtf8: /utf-?8/i.test(locale) };
}
