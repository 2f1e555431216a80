import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePlan } from '../../../../src/app/plan/parse.ts';
import { readYaml } from '../../../../src/app/plan/yaml-text.ts';
import { FULL_PLAN, planWith, SHORT_PLAN } from './plans.ts';

function faultsOf(text: string): readonly string[] {
  const result = readYaml(text);
  if (result.ok) return [];
  return result.faults.map(
    (fault) => `${fault.line}:${fault.column} ${fault.key} ${fault.message}`,
  );
}

/** What YAML gives a meaning to, and two characters that it does not. */
const PUNCTUATION = '{ } [ ] : , - # & * ! ? \' " a 0'.split(' ').concat(' ', '\n', '\t');

const ALIAS_BOMB = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  'b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]',
  'c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]',
  'd: [*c, *c, *c, *c]',
].join('\n');

describe('YAML that cannot be a plan', () => {
  it.each([
    ['an alias of nothing', 'a: *nope', '1:4 *nope nothing before it is called &nope'],
    [
      'a tag that YAML does not know',
      'a: !!foo {}',
      '1:4  not YAML: Unresolved tag: tag:yaml.org,2002:foo',
    ],
    ['a mapping as a key', 'a: 1\n? { b: c }\n: d', '2:3 ? a key is not a word'],
    [
      'aliases of aliases',
      ALIAS_BOMB,
      '1:1  the aliases stand for too much when they are written out',
    ],
    ['an open list', '[', '1:2  not YAML: Flow sequence must end with a ]'],
  ])('is refused with its place: %s', (_, text, said) => {
    expect(faultsOf(text)).toEqual([said]);
  });

  it('tells of every key that is written twice', () => {
    expect(faultsOf('a: 1\na: 2\nb: { c: 1, c: 2 }')).toEqual([
      '2:1 a is written twice in one mapping',
      '3:12 c is written twice in one mapping',
    ]);
  });
});

describe('a plan in another dress', () => {
  it.each([
    ['with a byte order mark', `\uFEFF${SHORT_PLAN}`],
    ['with line ends of Windows', SHORT_PLAN.replaceAll('\n', '\r\n')],
    ['with a YAML directive', `%YAML 1.2\n---\n${SHORT_PLAN}`],
  ])('is read: %s', (_, text) => {
    expect(parsePlan(text, 'plan.yaml').ok).toBe(true);
  });

  it('never takes a key of the language for a key of the plan', () => {
    const text = planWith('__proto__: { bake: 1h }', 'constructor: 1', 'window: { toString: 1 }');
    const result = parsePlan(text, 'plan.yaml');
    expect(result.ok ? [] : result.problems.map(({ key }) => key)).toEqual([
      'spec.__proto__',
      'spec.constructor',
      'spec.window.toString',
    ]);
  });
});

describe('any text', () => {
  it('is either a plan or has problems, each with a place inside it', () => {
    const cut = fc.record({
      at: fc.nat({ max: FULL_PLAN.length }),
      length: fc.nat({ max: 8 }),
      insert: fc.string({ maxLength: 6, unit: fc.constantFrom(...PUNCTUATION) }),
    });
    fc.assert(
      fc.property(cut, ({ at, length, insert }) => {
        const text = FULL_PLAN.slice(0, at) + insert + FULL_PLAN.slice(at + length);
        const result = parsePlan(text, 'plan.yaml');
        const problems = result.ok ? result.warnings : result.problems;
        const lineCount = text.split('\n').length;
        expect(result.ok || problems.length > 0).toBe(true);
        for (const { line, column } of problems) {
          expect(line >= 1 && line <= lineCount && column >= 1).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });
});
