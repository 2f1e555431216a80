import type { z } from 'zod';
import { type Expected, expectedAt, type SchemaNode, valueAt } from './expected.ts';
import { planJsonSchema } from './json-schema.ts';
import type { Finding, PlanPath } from './problem.ts';
import { nearest } from './suggest.ts';
import { notYetSupported } from './unsupported.ts';

const SHOWN_LENGTH_MAX = 40;

type Issue = z.core.$ZodIssue;

/** What one kind of file may hold, and how it speaks of what it may not. */
export interface Grammar {
  readonly schema: SchemaNode;
  /** Why a key is refused though it means something; null: it is not known. */
  readonly refusal: (path: PlanPath, keys: readonly string[]) => string | null;
  /** Whether a value must not be printed. */
  readonly hides: (path: PlanPath, value: unknown) => boolean;
}

interface Read {
  readonly input: unknown;
  readonly grammar: Grammar;
}

/** What zod found, said in the words of a plan, or of another file by its grammar. */
export function shapeFindings(
  issues: readonly Issue[],
  input: unknown,
  grammar: Grammar = planGrammar(),
): readonly Finding[] {
  return issues.flatMap((issue) => findingsOf(issue, [], { input, grammar }));
}

function planGrammar(): Grammar {
  return { schema: planJsonSchema(), refusal: notYetSupported, hides: () => false };
}

function findingsOf(issue: Issue, prefix: PlanPath, read: Read): readonly Finding[] {
  const path = [
    ...prefix,
    ...issue.path.map((step) => (typeof step === 'number' ? step : String(step))),
  ];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(path, key, read));
  }
  if (issue.code === 'invalid_union') {
    // The branch whose problem lies deeper is the one that was meant.
    const meant = issue.errors.find((branch) => branch.every(isInside));
    if (meant !== undefined) return meant.flatMap((inner) => findingsOf(inner, path, read));
  }
  return [wrongValue(path, read)];
}

function isInside(issue: Issue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys';
}

function unknownKey(parent: PlanPath, key: string, { input, grammar }: Read): Finding {
  const path = [...parent, key];
  const { keys } = expectedAt(parent, input, grammar.schema);
  const refusal = grammar.refusal(path, keys);
  if (refusal !== null) return { path, message: refusal, validValues: keys };
  const type = valueAt(input, [...parent, 'type']);
  const message = typeof type === 'string' ? `unknown key for type ${type}` : 'unknown key';
  return { path, message, validValues: keys, suggestion: nearest(key, keys) };
}

function wrongValue(path: PlanPath, { input, grammar }: Read): Finding {
  const value = valueAt(input, path);
  const expected = expectedAt(path, input, grammar.schema);
  const { phrase, validValues } = expected;
  if (value === undefined) {
    return { path, message: `is missing: must be ${phrase}`, validValues };
  }
  if (grammar.hides(path, value)) {
    return { path, message: `must be ${phrase} (what is there is not shown)`, validValues };
  }
  const message = `must be ${phrase}, not ${shown(value)}${quoteHint(value, expected)}`;
  const suggestion = typeof value === 'string' ? nearest(value, expected.words) : null;
  return { path, message, validValues, suggestion };
}

/** YAML reads 7 and 1.10 as numbers; versions and names are text. */
function quoteHint(value: unknown, expected: Expected): string {
  const isText = expected.phrase.startsWith('text') || expected.phrase.startsWith('a name');
  return typeof value === 'number' && isText ? ` (a number: put it in quotes)` : '';
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (value === null) return 'nothing';
  if (typeof value === 'string') return value === '' ? 'empty text' : shortened(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return 'a mapping';
}

function shortened(text: string): string {
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}
