import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** A source file seen three ways. All three have the same length and the same line breaks. */
export interface Source {
  /** Path from the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text with comments and the insides of strings blanked out. */
  readonly code: string;
  /** The text with everything but comments blanked out. */
  readonly comments: string;
}

export function sourceOf(path: string, text: string): Source {
  const kinds = classify(text);
  return {
    path,
    text,
    code: keep(text, kinds, 'code'),
    comments: keep(text, kinds, 'comment'),
  };
}

/** Every file below a folder whose name ends so, sorted by path. */
export function filesUnder(root: string, folder: string, endings: readonly string[]): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .toSorted();
}

export function readSource(root: string, path: string): Source {
  return sourceOf(path, readFileSync(join(root, path), 'utf8'));
}

/** The line on which a position lies, from 1. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** What each module specifier of a file says, with its position. */
export function importsOf(source: Source): { readonly specifier: string; readonly at: number }[] {
  const opening = /\b(?:from|import)\s*\(?\s*(['"])/g;
  return [...source.code.matchAll(opening)].map((match) => {
    const at = match.index + match[0].length;
    const end = source.text.indexOf(match[1] ?? "'", at);
    return { specifier: source.text.slice(at, end), at };
  });
}

type Kind = 'code' | 'string' | 'comment';

function keep(text: string, kinds: readonly Kind[], wanted: Kind): string {
  return text
    .split('')
    .map((char, at) => (char === '\n' || kinds[at] === wanted ? char : ' '))
    .join('');
}

/** Longest first: what may begin at a position that is plain code. */
const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`|\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g;

/** A slash here begins a regular expression; after a value it divides. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~\n]|\breturn|\bcase|\btypeof)\s*$/;

function classify(text: string): Kind[] {
  const kinds: Kind[] = Array.from(text, () => 'code');
  // Array.from walks code points; positions here are code units.
  while (kinds.length < text.length) kinds.push('code');
  let at = 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) break;
    at = markToken({ text, kinds, begin: match.index, token: match[0] });
  }
  return kinds;
}

interface Mark {
  readonly text: string;
  readonly kinds: Kind[];
  readonly begin: number;
  readonly token: string;
}

/** Marks one token and returns the position after it. */
function markToken({ text, kinds, begin, token }: Mark): number {
  if (token.startsWith('//') || token.startsWith('/*')) {
    kinds.fill('comment', begin, begin + token.length);
    return begin + token.length;
  }
  if (token === '`') return markTemplate(text, kinds, begin);
  if (token.startsWith('/') && !BEFORE_REGEX.test(text.slice(Math.max(0, begin - 20), begin))) {
    return begin + 1;
  }
  kinds.fill('string', begin + 1, begin + token.length - 1);
  return begin + token.length;
}

/** A template is a string but for what stands in its `${}`: that is code, and may hold strings. */
function markTemplate(text: string, kinds: Kind[], begin: number): number {
  let at = begin + 1;
  while (at < text.length && text[at] !== '`') {
    if (text[at] === '\\') {
      kinds.fill('string', at, at + 2);
      at += 2;
    } else if (text.startsWith('${', at)) {
      at = skipHole(text, kinds, at + 2);
    } else {
      kinds[at] = 'string';
      at += 1;
    }
  }
  return at + 1;
}

function skipHole(text: string, kinds: Kind[], begin: number): number {
  let depth = 1;
  let at = begin;
  while (at < text.length && depth > 0) {
    const char = text[at];
    if (char === '{') depth += 1;
    if (char === '}') depth -= 1;
    if (char === '`') {
      at = markTemplate(text, kinds, at);
    } else if (char === "'" || char === '"') {
      const end = text.indexOf(char, at + 1);
      kinds.fill('string', at + 1, end);
      at = end + 1;
    } else {
      at += 1;
    }
  }
  return at;
}
