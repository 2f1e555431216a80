import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { parsePlan } from '../../src/app/plan/parse.ts';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { VERBS } from '../../src/cli/verbs.ts';
import { filesUnder } from '../tidy/source.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOP_LEVEL = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
const documents = [
  ...TOP_LEVEL.filter((path) => existsSync(join(ROOT, path))),
  ...['docs', 'test', 'infra', 'sql', 'schemas'].flatMap((folder) =>
    filesUnder(ROOT, folder, ['.md']),
  ),
];

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The first cells of the rows of a Markdown table that begin with a word in backticks or a number. */
function firstCells(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

describe('the documents', () => {
  it('are seen', () => {
    expect(documents.length).toBeGreaterThan(12);
  });

  it('name only files and folders that exist', () => {
    const named = /(?<![\w./-])((?:src|sql|schemas|infra|test|docs|core|app|\.ci)\/[\w./-]*\w)/g;
    const lost = documents.flatMap((path) =>
      [...read(path).matchAll(named)]
        .map((match) => match[1] ?? '')
        .filter((name) => !exists(name, path))
        .map((name) => `${path}: ${name}`),
    );
    expect(lost).toEqual([]);
  });

  it('list every verb of the command line, and no other', () => {
    const program = new Command();
    for (const verb of VERBS) verb.define(program, async () => {});
    const verbs = program.commands.map((command) => command.name());
    const listed = firstCells(read('docs/cli.md'), /^\| `([\w-]+)[ `]/gm);
    expect(listed.toSorted()).toEqual(verbs.toSorted());
  });

  it('list every exit code', () => {
    const listed = firstCells(read('docs/cli.md'), /^\| (\d+) \|/gm).map(Number);
    expect(listed).toEqual(Object.values(EXIT));
  });

  it('give the limits that a plan has when it is silent', () => {
    const result = parsePlan(
      'apiVersion: coalmine.dev/v1\nkind: Rollout\nmetadata: { name: a }\n' +
        'spec: { model: m, current: v1, canary: v2, stepWeights: [100] }\n',
      'plan.yaml',
    );
    if (!result.ok) throw new Error('the smallest plan is valid');
    const { limits, watch, keepPairs } = result.plan;
    const rows = [...read('docs/limits.md').matchAll(/^\| `(\w+)\.(\w+)` \| ([\d,]+) \|/gm)];
    const written = rows.map(([, group, key, value]) => [
      `${group}.${key}`,
      Number(value?.replaceAll(',', '')),
    ]);
    expect(Object.fromEntries(written)).toEqual({
      ...Object.fromEntries(Object.entries(limits).map(([key, value]) => [`limits.${key}`, value])),
      'watch.featuresMax': watch.featuresMax,
      'watch.categoriesMax': watch.categoriesMax,
      'keepPairs.perWindowMax': keepPairs.perWindowMax,
    });
  });
});

/** A path may be written from the root, from `src`, from the document's folder, or without `.md`. */
function exists(name: string, document: string): boolean {
  const bases = ['', 'src', dirname(document)];
  const spellings = [name, `${name}.md`];
  const isRecord = /^docs\/adr\/\d{4}$/.test(name);
  if (isRecord) {
    return filesUnder(ROOT, 'docs/adr', ['.md']).some((path) => path.startsWith(`${name}-`));
  }
  return bases.some((base) => spellings.some((each) => existsSync(join(ROOT, base, each))));
}
