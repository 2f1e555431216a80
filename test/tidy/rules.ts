import { COMPOSITION_ROOTS, importBreach } from './rooms.ts';
import { importsOf, lineAt, type Source } from './source.ts';

/** One place where a file breaks a rule of the house, as `path:line what`. */
export type Breach = string;

/** A rule looks at one file, and only at files that it is about. */
export interface Rule {
  readonly name: string;
  readonly about: RegExp;
  find(source: Source): Breach[];
}

const FILE_LINES_MAX = 400;
const PORT_METHODS_MAX = 5;

/** A rule that forbids what a pattern finds in the code (comments and strings left out). */
function never(name: string, about: RegExp, pattern: RegExp): Rule {
  return { name, about, find: (source) => matches(source, source.code, pattern) };
}

function matches(source: Source, text: string, pattern: RegExp): Breach[] {
  return [...text.matchAll(pattern)].map((match) => {
    const [found] = match;
    return `${source.path}:${lineAt(text, match.index)} ${found.trim()}`;
  });
}

const SRC = /^src\//;
const CORE = /^src\/core\//;
const CODE = /^(src|test)\//;
const QUICK_TESTS = /^test\/(unit|property|golden|calibration|contract|scenario)\//;

export const RULES: readonly Rule[] = [
  never('no any', CODE, /(?:[:<|&]|\bas|\bextends|=>)\s*any\b(?!\s*[(:.])|,\s*any\s*>/g),
  never('no non-null assertion', CODE, /[\w)\]]!(?![=\w])/g),
  never('no enum', CODE, /\benum\s+\w+/g),
  never('no namespace', CODE, /^\s*(?:export\s+|declare\s+)*(?:namespace|module)\s+\w+/gm),
  never('no default export', CODE, /\bexport\s+default\b/g),
  never('no barrel', SRC, /\bexport\s+(?:type\s+)?(?:\*|\{[^}]*\})[^;\n]*\bfrom\b/g),
  never('no double assertion', CODE, /\bas\s+unknown\s+as\b/g),
  never('no decorators', SRC, /^\s*@\w+/gm),
  never('the core reads no clock', CORE, /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\b/g),
  never('the core has no randomness', CORE, /\bMath\.random\b|\bcrypto\b/g),
  never('the core waits for nothing', CORE, /(?<!\.)\b(?:async|await|Promise)\b/g),
  never('the pipeline reads no clock', /^src\/pipeline\//, /\bDate\.now\b|\bnew Date\(\s*\)/g),
  never('no test is left out', /^test\//, /\b(?:it|test|describe)\.(?:skip|only|todo)\b(?!If)/g),
  never('no mock of our own', /^test\//, /\bvi\.(?:mock|doMock)\b/g),
  never(
    'tests do not wait, nor read the clock',
    QUICK_TESTS,
    /\bsetTimeout\b|\bsleep\(|\bDate\.now\b|\bperformance\.now\b|\bMath\.random\b/g,
  ),
  {
    name: 'no left-over notes',
    about: CODE,
    find: (source) => matches(source, source.comments, /\b(?:TODO|FIXME|XXX|HACK)\b/g),
  },
  {
    name: 'imports go one way',
    about: SRC,
    find: (source) =>
      importsOf(source).flatMap(({ specifier, at }) => {
        const breach = importBreach(source.path, specifier);
        return breach === null ? [] : [`${source.path}:${lineAt(source.text, at)} ${breach}`];
      }),
  },
  { name: 'only the composition root joins ports and adapters', about: SRC, find: portAndAdapter },
  { name: 'files stay short', about: CODE, find: tooLong },
  { name: 'ports stay small', about: /^src\/pipeline\/ports\.ts$/, find: largePorts },
  { name: 'functions of the core are documented', about: CORE, find: undocumented },
  { name: 'one word for one thing', about: SRC, find: foreignWords },
];

function portAndAdapter(source: Source): Breach[] {
  if (COMPOSITION_ROOTS.includes(source.path) || source.path.startsWith('src/adapters/')) return [];
  const specifiers = importsOf(source).map(({ specifier }) => specifier);
  const port = specifiers.some((specifier) => specifier.endsWith('pipeline/ports.ts'));
  const adapter = specifiers.some((specifier) => specifier.includes('/adapters/'));
  return port && adapter ? [`${source.path}:1 names a port and an adapter`] : [];
}

function tooLong(source: Source): Breach[] {
  const lines = source.text.trimEnd().split('\n').length;
  return lines > FILE_LINES_MAX ? [`${source.path}:1 has ${lines} lines`] : [];
}

function largePorts(source: Source): Breach[] {
  const bodies = source.code.matchAll(/\bexport interface (\w+)[^{]*\{([\s\S]*?)\n\}/g);
  return [...bodies].flatMap((match) => {
    const [, name = '', body = ''] = match;
    const methods = body.match(/^ {2}\w+\??\(/gm)?.length ?? 0;
    if (methods <= PORT_METHODS_MAX) return [];
    return [`${source.path}:${lineAt(source.code, match.index)} ${name} has ${methods} methods`];
  });
}

/** Rooms whose functions give numbers for numbers: there an example says more than a sentence. */
const WITH_EXAMPLES = /^src\/core\/(?:stats|foundation)\//;

/** Exported functions, and exported constants that are functions. */
const EXPORTED_FUNCTION =
  /^export (?:async )?function\*? (\w+)|^export const (\w+)\s*(?::[^=]*)?=\s*(?:\([^)]*\)|\w+)\s*(?::[^=]*)?=>/gm;

function undocumented(source: Source): Breach[] {
  return [...source.code.matchAll(EXPORTED_FUNCTION)].flatMap((match) => {
    const name = match[1] ?? match[2] ?? '';
    const where = `${source.path}:${lineAt(source.code, match.index)} ${name}`;
    const comment = docCommentBefore(source, match.index);
    if (comment === null) return [`${where} has no doc comment`];
    const complete = comment.includes('@example') || !WITH_EXAMPLES.test(source.path);
    return complete ? [] : [`${where} has no @example`];
  });
}

function docCommentBefore(source: Source, at: number): string | null {
  const before = source.text.slice(0, at).trimEnd();
  if (!before.endsWith('*/')) return null;
  const begin = before.lastIndexOf('/*');
  const comment = before.slice(begin);
  return comment.startsWith('/**') ? comment : null;
}

/** Words of other tools for what has its own word here (see the glossary in ARCHITECTURE.md). */
const FOREIGN = /(?:^|_)(?:baseline|champion|challenger|orphan|experiment)(?:s|ed)?(?:_|$)/;

/** A candidate may be anything that is chosen among; `candidateScore` can only mean the canary's. */
const FOREIGN_FIRST = /(?:^|_)candidate_/;

/** The one table that must know them: it tells a user our word for theirs. */
const TRANSLATION = 'src/app/plan/suggest.ts';

function foreignWords(source: Source): Breach[] {
  return [...source.code.matchAll(/[A-Za-z_$][\w$]*/g)].flatMap((match) => {
    const [identifier] = match;
    const words = identifier.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
    const isForeign =
      FOREIGN.test(words) || FOREIGN_FIRST.test(words) || identifier === 'timestamp';
    if (!isForeign) return [];
    const isKey = /^:\s*'/.test(source.code.slice(match.index + identifier.length));
    if (isKey && source.path === TRANSLATION) return [];
    return [`${source.path}:${lineAt(source.code, match.index)} ${identifier}`];
  });
}
