import {
  type Document,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { placeAt } from './locate.ts';
import type { PlanProblem } from './problem.ts';

/** A YAML text with the places of its values. */
export interface YamlText {
  readonly document: Document;
  readonly lines: LineCounter;
}

/** What is wrong with the text itself, whatever it says. */
export type YamlFault = Omit<PlanProblem, 'file'>;

export type YamlResult =
  | (YamlText & { readonly ok: true; readonly value: unknown })
  | { readonly ok: false; readonly faults: readonly YamlFault[] };

interface Written {
  readonly text: string;
  readonly what: string;
}

interface Found {
  readonly offset: number;
  readonly key: string;
  readonly message: string;
  readonly validValues: readonly string[];
}

/** Reads YAML into plain data; never throws. `what` is what one file holds, for messages. */
export function readYaml(text: string, what = 'plan'): YamlResult {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const found = [
    ...syntaxErrors([...document.errors, ...document.warnings], { text, what }),
    ...badReferences(document),
  ];
  if (found.length > 0) return { ok: false, faults: found.map((one) => faultOf(one, lines)) };
  try {
    return { ok: true, document, lines, value: document.toJS() };
  } catch {
    const message = 'the aliases stand for too much when they are written out';
    const bomb = { offset: 0, key: '', message, validValues: ['fewer aliases of aliases'] };
    return { ok: false, faults: [faultOf(bomb, lines)] };
  }
}

function faultOf({ offset, ...found }: Found, lines: LineCounter): YamlFault {
  return { ...found, ...placeAt(lines, offset), suggestion: null };
}

/** Every key that is written twice, and the first of the other errors: the rest follow from it. */
function syntaxErrors(errors: readonly YAMLError[], written: Written): readonly Found[] {
  const first = errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  return errors
    .filter((error) => error.code === 'DUPLICATE_KEY' || error === first)
    .map((error) => ({ offset: error.pos[0], ...said(error, written) }));
}

function said(error: YAMLError, { text, what }: Written): Omit<Found, 'offset'> {
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^[^\s:]+/.exec(text.slice(error.pos[0]))?.[0] ?? '';
    return { key, message: 'is written twice in one mapping', validValues: ['one of the two'] };
  }
  if (error.code === 'MULTIPLE_DOCS') {
    const message = `a second ${what} begins here`;
    return { key: '', message, validValues: [`one ${what} per file`] };
  }
  return { key: '', message: `not YAML: ${error.message}`, validValues: [] };
}

/** Aliases of nothing, and keys that are not words: plain data cannot hold them. */
function badReferences(document: Document): readonly Found[] {
  const found: Found[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return;
      const message = `nothing before it is called &${alias.source}`;
      const validValues = ['a name that is set above with &'];
      found.push({ offset: alias.range?.[0] ?? 0, key: `*${alias.source}`, message, validValues });
    },
    Pair(_, { key }) {
      if (isScalar(key)) return;
      const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
      found.push({ offset, key: '?', message: 'a key is not a word', validValues: ['words'] });
    },
  });
  return found;
}
