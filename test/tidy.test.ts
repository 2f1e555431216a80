import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isRoom, roomOf } from './tidy/rooms.ts';
import { RULES, type Rule } from './tidy/rules.ts';
import { filesUnder, readSource, sourceOf } from './tidy/source.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const code = ['src', 'test'].flatMap((folder) => filesUnder(ROOT, folder, ['.ts']));
const sources = code.map((path) => readSource(ROOT, path));

/** A breach of each rule, so that no rule can go blind without a test that fails. */
const PLANTED: Readonly<Record<string, readonly [path: string, text: string]>> = {
  'no any': ['src/app/x.ts', 'export const x: any = 1;'],
  'no non-null assertion': ['src/app/x.ts', 'export const x = map.get(1)!;'],
  'no enum': ['src/app/x.ts', 'export enum Arm { a }'],
  'no namespace': ['src/app/x.ts', 'export namespace Arm {}'],
  'no default export': ['src/app/x.ts', 'export default 1;'],
  'no barrel': ['src/app/x.ts', "export { x } from './y.ts';"],
  'no double assertion': ['src/app/x.ts', 'const x = 1 as unknown as string;'],
  'no decorators': ['src/app/x.ts', '@sealed\nclass X {}'],
  'the core reads no clock': ['src/core/join/x.ts', 'const now = Date.now();'],
  'the core has no randomness': ['src/core/join/x.ts', 'const r = Math.random();'],
  'the core waits for nothing': ['src/core/join/x.ts', 'await x;'],
  'the pipeline reads no clock': ['src/pipeline/x.ts', 'const now = new Date();'],
  'no test is left out': ['test/unit/x.test.ts', 'it.skip("holds", () => {});'],
  'no mock of our own': ['test/unit/x.test.ts', 'vi.mock("./y.ts");'],
  'tests do not wait, nor read the clock': ['test/unit/x.test.ts', 'setTimeout(done, 5);'],
  'no left-over notes': ['src/app/x.ts', '// TO_DO later'.replace('_', '')],
  'imports go one way': ['src/core/join/x.ts', "import { x } from '../verdict/y.ts';"],
  'only the composition root joins ports and adapters': [
    'src/app/x.ts',
    "import type { Router } from '../pipeline/ports.ts';\nimport { x } from '../adapters/a/b.ts';",
  ],
  'files stay short': ['src/app/x.ts', 'const x = 1;\n'.repeat(401)],
  'ports stay small': [
    'src/pipeline/ports.ts',
    `export interface P {\n${'  m(): void;\n'.repeat(6)}}\n`,
  ],
  'functions of the core are documented': ['src/core/join/x.ts', 'export function f(): void {}'],
  'one word for one thing': ['src/app/x.ts', 'const baselineCount = 1;'],
};

function breachesOf(rule: Rule): string[] {
  return sources.filter(({ path }) => rule.about.test(path)).flatMap((file) => rule.find(file));
}

describe('the house inspector', () => {
  it('sees the files', () => {
    expect(code.filter((path) => path.startsWith('src/')).length).toBeGreaterThan(25);
    expect(code.filter((path) => path.startsWith('src/core/')).length).toBeGreaterThan(15);
    expect(code.filter((path) => path.startsWith('test/')).length).toBeGreaterThan(5);
  });

  it.each(RULES.map((rule) => [rule.name, rule] as const))('%s', (_name, rule) => {
    expect(breachesOf(rule)).toEqual([]);
  });

  it.each(RULES.map((rule) => [rule.name, rule] as const))(
    'would see a breach of: %s',
    (name, rule) => {
      const [path, text] = PLANTED[name] ?? ['', ''];
      expect(rule.about.test(path)).toBe(true);
      expect(rule.find(sourceOf(path, text))).not.toEqual([]);
    },
  );

  it('takes no comment, string or template for code', () => {
    const text = [
      '// any, Date.now(), baseline',
      "/* x! */ const a = 'any Date.now() it.skip(';",
      'const b = `any ${a} x! baseline`;',
      'const c = /any/.test(a) ? 1 / 2 : 4 / 2;',
    ].join('\n');
    const found = RULES.filter(
      (rule) => rule.name !== 'functions of the core are documented',
    ).flatMap((rule) => rule.find(sourceOf('src/core/join/x.ts', text)));
    expect(found).toEqual([]);
  });

  it('knows every folder of src', () => {
    const rooms = new Set(code.filter((path) => path.startsWith('src/')).map(roomOf));
    expect([...rooms].filter((room) => !isRoom(room))).toEqual([]);
  });
});

describe('the plan', () => {
  it('has no setting that nothing reads', () => {
    const plan = readSource(ROOT, 'src/core/events/plan.ts');
    const settings = [...plan.code.matchAll(/\breadonly (\w+)\??:/g)].map(
      (match) => match[1] ?? '',
    );
    const readers = sources.filter(
      ({ path }) =>
        path.startsWith('src/') && path !== plan.path && !path.startsWith('src/app/plan/'),
    );
    const words = new Set(readers.flatMap(({ code: text }) => text.match(/\w+/g) ?? []));
    expect(settings.length).toBeGreaterThan(60);
    expect([...new Set(settings)].filter((name) => !words.has(name))).toEqual([]);
  });
});

describe('the size of things', () => {
  it.each([
    ['README.md', 150],
    ['ARCHITECTURE.md', 200],
    ['CONTRIBUTING.md', 100],
  ])('%s has at most %d lines', (path, max) => {
    expect(lineCount(path)).toBeLessThanOrEqual(max);
  });

  it('keeps each decision record to one page', () => {
    const records = filesUnder(ROOT, 'docs/adr', ['.md']);
    expect(records.length).toBeGreaterThan(5);
    expect(records.filter((path) => lineCount(path) > 60)).toEqual([]);
  });

  it('keeps SQL files short', () => {
    const long = filesUnder(ROOT, 'sql', ['.sql']).filter((path) => lineCount(path) > 400);
    expect(long).toEqual([]);
  });

  it('has the limits of functions and parameters in the lint rules', () => {
    const { rules } = JSON.parse(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8')) as {
      rules: Record<string, unknown>;
    };
    expect(rules).toMatchObject({
      'eslint/max-lines': ['error', { max: 400 }],
      'eslint/max-lines-per-function': ['error', { max: 60 }],
      'eslint/max-params': ['error', { max: 3 }],
    });
  });
});

describe('what lies where', () => {
  it('has nothing at the top level that does not belong there', () => {
    const belongs = new Set(
      (
        'src schemas sql infra test docs package.json package-lock.json tsconfig.json ' +
        'tsconfig.base.json vitest.config.ts knip.json biome.json docker-compose.yml LICENSE ' +
        'README.md ARCHITECTURE.md CHANGELOG.md CONTRIBUTING.md'
      ).split(' '),
    );
    const ignored = new Set(
      readFileSync(join(ROOT, '.gitignore'), 'utf8')
        .split('\n')
        .map((line) => line.replaceAll('/', '')),
    );
    const names = readdirSync(ROOT).filter(
      (name) => !name.startsWith('.') && !name.endsWith('.tgz'),
    );
    expect(names.filter((name) => !belongs.has(name) && !ignored.has(name))).toEqual([]);
  });

  it('has a unit test only for a file that exists', () => {
    const tests = filesUnder(ROOT, 'test/unit', ['.test.ts']);
    const lost = tests.filter((path) => {
      const stem = basename(path).split('.')[0] ?? '';
      const folder = path.slice('test/unit/'.length, -basename(path).length);
      // What is not TypeScript has its tests in a folder of its own name.
      if (['schemas/', 'sql/'].includes(folder)) return false;
      return !existsSync(join(ROOT, 'src', folder, `${stem}.ts`));
    });
    expect(tests.length).toBeGreaterThan(5);
    expect(lost).toEqual([]);
  });

  it('names no place or page outside the repository', () => {
    // Written in halves, so that this file does not find itself.
    const outside = new RegExp(
      [
        ['/wo', 'rk/'],
        ['/tmp/', 'brief'],
        ['DES', 'IGN\\.md'],
        ['ST', 'ACK\\.md'],
        ['\\bD[1-9]', '\\.\\d+\\b'],
        ['\\(D', '[1-9]\\)'],
      ]
        .map((halves) => halves.join(''))
        .join('|'),
    );
    const texts = ['src', 'test', 'docs', 'sql', 'schemas', 'infra', '.ci'].flatMap((folder) =>
      filesUnder(ROOT, folder, ['.ts', '.md', '.sql', '.avsc', '.yaml', '.yml', '.sh', 'run']),
    );
    const named = texts.flatMap((path) =>
      readFileSync(join(ROOT, path), 'utf8')
        .split('\n')
        .flatMap((line, at) => (outside.test(line) ? [`${path}:${at + 1} ${line.trim()}`] : [])),
    );
    expect(named).toEqual([]);
  });
});

function lineCount(path: string): number {
  return readFileSync(join(ROOT, path), 'utf8').trimEnd().split('\n').length;
}
