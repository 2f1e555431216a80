import { readFileSync } from 'node:fs';
import { mulberry32, sum12 } from '../support/random.ts';

/** One reference value: pass when |got - expected| <= abs + rel |expected|, element by element. */
export interface GoldenCase {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly expected: unknown;
  readonly tolerance: Tolerance;
}

interface Tolerance {
  readonly rel: number;
  readonly abs: number;
}

interface GoldenFile {
  readonly cases: readonly (GoldenCase & { readonly function: string })[];
}

const files = new Map<string, GoldenFile>();

export function goldenFile(topic: string): GoldenFile {
  const known = files.get(topic);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`${topic}.json`, import.meta.url), 'utf8');
  const file: GoldenFile = JSON.parse(text);
  files.set(topic, file);
  return file;
}

/** The cases of one function; throws when they are not so many, so that none is lost without notice. */
export function goldenCases(topic: string, name: string, count: number): readonly GoldenCase[] {
  const cases = goldenFile(topic).cases.filter((one) => one.function === name);
  if (cases.length !== count) throw new Error(`${topic} has ${cases.length} cases of ${name}`);
  return cases;
}

/**
 * Where a number, list or record departs from what the case expects by more than its own tolerance.
 * A record may have fewer fields than the case, a list not.
 */
export function goldenMisses(one: GoldenCase, got: unknown): readonly string[] {
  return misses({ got, expected: one.expected, path: one.name }, one.tolerance);
}

interface Compared {
  readonly got: unknown;
  readonly expected: unknown;
  readonly path: string;
}

function misses({ got, expected, path }: Compared, tolerance: Tolerance): readonly string[] {
  if (typeof got === 'object' && got !== null) {
    const isShort = Array.isArray(expected) && expected.length !== Object.keys(got).length;
    const inside = Object.entries(got).flatMap(([key, value]) =>
      misses({ got: value, expected: at(expected, key, path), path: `${path}, ${key}` }, tolerance),
    );
    return isShort ? [...inside, `${path}: another length`] : inside;
  }
  const want = typeof got === 'number' ? numberOf(expected) : expected;
  if (Object.is(got, want)) return [];
  if (typeof got === 'number' && typeof want === 'number') {
    const allowed = tolerance.abs + tolerance.rel * Math.abs(want);
    if (Math.abs(got - want) <= allowed) return [];
  }
  return [`${path}: ${String(got)} against ${String(want)}`];
}

function at(value: unknown, key: string, where: string): unknown {
  if (typeof value === 'object' && value !== null && key in value) return Reflect.get(value, key);
  throw new Error(`${where}: the golden file has no ${key}`);
}

/** A number, with the spellings that JSON lacks. */
export function numberOf(value: unknown): number {
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  if (typeof value === 'number') return value;
  throw new Error(`not a number: ${JSON.stringify(value)}`);
}

export function numberAt(record: unknown, key: string): number {
  return numberOf(at(record, key, key));
}

/** A list of numbers as it stands, or the generator's name and seed. */
export function numbersAt(record: unknown, key: string): readonly number[] {
  return listAt(record, key).map(numberOf);
}

export function listAt(record: unknown, key: string): readonly unknown[] {
  const value = at(record, key, key);
  return Array.isArray(value) ? value : generated(value);
}

function generated(spec: unknown): readonly number[] {
  const random = mulberry32(numberAt(spec, 'seed'));
  const scale = optional(spec, 'scale', 1);
  const offset = optional(spec, 'offset', 0);
  const shape = optional(spec, 'shape', 1);
  const draw: Record<string, () => number> = {
    uniform: () => offset + scale * random(),
    exponential: () => offset + scale * -Math.log(1 - random()),
    pareto: () => scale * (1 - random()) ** (-1 / shape),
    sum12: () => offset + scale * sum12(random),
  };
  const next = draw[String(at(spec, 'kind', 'generator'))];
  if (next === undefined) throw new Error('unknown generator');
  return Array.from({ length: numberAt(spec, 'n') }, next);
}

function optional(spec: unknown, key: string, otherwise: number): number {
  return typeof spec === 'object' && spec !== null && key in spec ? numberAt(spec, key) : otherwise;
}
