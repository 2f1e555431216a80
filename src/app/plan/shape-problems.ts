import type { z } from 'zod';
import { type Expected, expectedAt, valueAt } from './expected.ts';
import type { Finding, PlanPath } from './problem.ts';
import { nearest } from './suggest.ts';
import { notYetSupported } from './unsupported.ts';

const SHOWN_LENGTH_MAX = 40;

type Issue = z.core.$ZodIssue;

/** What zod found, said in the words of a plan. */
export function shapeFindings(issues: readonly Issue[], input: unknown): readonly Finding[] {
  return issues.flatMap((issue) => findingsOf(issue, [], input));
}

function findingsOf(issue: Issue, prefix: PlanPath, input: unknown): readonly Finding[] {
  const path = [
    ...prefix,
    ...issue.path.map((step) => (typeof step === 'number' ? step : String(step))),
  ];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(path, key, input));
  }
  if (issue.code === 'invalid_union') {
    // The branch whose problem lies deeper is the one that was meant.
    const meant = issue.errors.find((branch) => branch.every(isInside));
    if (meant !== undefined) return meant.flatMap((inner) => findingsOf(inner, path, input));
  }
  return [wrongValue(path, input)];
}

function isInside(issue: Issue): boolean {
  return issue.path.length > 0 || issue.code === 'unrecognized_keys';
}

function unknownKey(parent: PlanPath, key: string, input: unknown): Finding {
  const path = [...parent, key];
  const unsupported = notYetSupported(path);
  const { keys } = expectedAt(parent, input);
  if (unsupported !== null) return { path, message: unsupported, validValues: keys };
  const type = valueAt(input, [...parent, 'type']);
  const message = typeof type === 'string' ? `unknown key for type ${type}` : 'unknown key';
  return { path, message, validValues: keys, suggestion: nearest(key, keys) };
}

function wrongValue(path: PlanPath, input: unknown): Finding {
  const value = valueAt(input, path);
  const expected = expectedAt(path, input);
  const { phrase, validValues } = expected;
  if (value === undefined) {
    return { path, message: `is missing: must be ${phrase}`, validValues };
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
