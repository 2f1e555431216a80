/** Sections of a document that measurements write, each between markers of its own name. */

/** The section between the markers, with them; empty when the text has none. */
export function sectionIn(text: string, name = 'kafka'): string {
  const [begin, end] = markersOf(name);
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  return from < 0 || to < from ? '' : text.slice(from, to + end.length);
}

/** The text with the section put in the place of the one that it has, or at its end. */
export function withSection(text: string, section: string, name = 'kafka'): string {
  if (section === '') return text;
  const old = sectionIn(text, name);
  if (old !== '') return text.replace(old, () => section);
  return `${text.trimEnd()}\n\n${section}\n`;
}

/** A section of its own, between markers. */
export function asSection(text: string, name = 'kafka'): string {
  const [begin, end] = markersOf(name);
  return `${begin}\n${text.trim()}\n${end}`;
}

function markersOf(name: string): readonly [string, string] {
  return [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
}
