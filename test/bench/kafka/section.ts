const BEGIN = '<!-- kafka: begin -->';
const END = '<!-- kafka: end -->';

/** The section between the markers, with them; empty when the text has none. */
export function sectionIn(text: string): string {
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  return from < 0 || to < from ? '' : text.slice(from, to + END.length);
}

/** The text with the section put in the place of the one that it has, or at its end. */
export function withSection(text: string, section: string): string {
  if (section === '') return text;
  const old = sectionIn(text);
  if (old !== '') return text.replace(old, () => section);
  return `${text.trimEnd()}\n\n${section}\n`;
}

/** A section of its own, between markers. */
export function asSection(text: string): string {
  return `${BEGIN}\n${text.trim()}\n${END}`;
}
