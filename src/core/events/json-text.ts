/** What came of reading one line of JSON. */
export type JsonText =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly detail: string };

/**
 * A text as JSON, where the bare words `NaN`, `Infinity` and `-Infinity` are numbers, as Python
 * writes them. All three become an infinity: what matters later is only that they are not finite.
 *
 * @example parseJsonText('{"score": NaN}') // { ok: true, value: { score: Infinity } }
 */
export function parseJsonText(text: string): JsonText {
  const first = tryParse(text);
  if (first.ok || !/NaN|Infinity/.test(text)) return first;
  const second = tryParse(replaceBareWords(text));
  return second.ok ? second : first;
}

function tryParse(text: string): JsonText {
  try {
    const value: unknown = JSON.parse(text);
    return { ok: true, value };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** Only what stands outside of strings is replaced. A scan by hand: a pattern would need a deep stack. */
function replaceBareWords(text: string): string {
  let result = '';
  let from = 0;
  while (from < text.length) {
    const open = text.indexOf('"', from);
    const end = open < 0 ? text.length : open;
    result += text.slice(from, end).replace(/NaN|Infinity/g, '1e999');
    from = open < 0 ? text.length : closingQuote(text, open) + 1;
    result += text.slice(end, from);
  }
  return result;
}

function closingQuote(text: string, open: number): number {
  let at = open + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
