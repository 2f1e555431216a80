import { planJsonSchema } from './json-schema.ts';
import type { PlanPath } from './problem.ts';

/** A part of a JSON schema. */
export type SchemaNode = Readonly<Record<string, unknown>>;

/** What a plan may hold at one path: the phrase for "must be", the values to list, the keys of a mapping. */
export interface Expected {
  readonly phrase: string;
  readonly validValues: readonly string[];
  /** The words of closed lists, which may be misspelt. */
  readonly words: readonly string[];
  readonly keys: readonly string[];
}

/**
 * Reads the JSON schema at a path (that of plans by default); `input` chooses among the metric types by
 * the `type` it wrote.
 */
export function expectedAt(
  path: PlanPath,
  input: unknown,
  schema: SchemaNode = planJsonSchema(),
): Expected {
  let nodes: readonly SchemaNode[] = [schema];
  let value = input;
  for (const step of path) {
    nodes = nodes.flatMap(alternatives);
    nodes = typeof step === 'number' ? items(nodes) : properties(narrowed(nodes, value), step);
    value = valueAt(value, [step]);
  }
  nodes = narrowed(nodes.flatMap(alternatives), value);
  return {
    phrase: phraseOfAll(nodes),
    validValues: unique(nodes.flatMap(validValuesOf)),
    words: unique(nodes.flatMap(choicesOf).filter((choice) => typeof choice === 'string')),
    keys: unique(nodes.flatMap((node) => Object.keys(asNode(node['properties'])))),
  };
}

/** The value at a path of plain data, undefined where there is none. */
export function valueAt(input: unknown, path: PlanPath): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Object.entries(value).find(([key]) => key === String(step))?.[1];
  }
  return value;
}

function alternatives(node: SchemaNode): readonly SchemaNode[] {
  const choices = node['anyOf'] ?? node['oneOf'];
  return Array.isArray(choices) ? choices.map(asNode).flatMap(alternatives) : [node];
}

function narrowed(nodes: readonly SchemaNode[], value: unknown): readonly SchemaNode[] {
  const type = valueAt(value, ['type']);
  const same = nodes.filter((node) => valueAt(node, ['properties', 'type', 'const']) === type);
  return typeof type === 'string' && same.length > 0 ? same : nodes;
}

function properties(nodes: readonly SchemaNode[], key: string): readonly SchemaNode[] {
  return nodes.flatMap((node) => {
    const child = asNode(node['properties'])[key] ?? node['additionalProperties'];
    return typeof child === 'object' ? [asNode(child)] : [];
  });
}

function items(nodes: readonly SchemaNode[]): readonly SchemaNode[] {
  return nodes.flatMap((node) => (node['items'] === undefined ? [] : [asNode(node['items'])]));
}

function phraseOfAll(nodes: readonly SchemaNode[]): string {
  const choices = nodes.flatMap(choicesOf);
  const closed = nodes.length > 1 && choices.length === nodes.length;
  return closed ? `one of ${choices.join(', ')}` : unique(nodes.map(phraseOf)).join(' or ');
}

function phraseOf(node: SchemaNode): string {
  const title = node['title'];
  if (typeof title === 'string') return title;
  const choices = choicesOf(node);
  if (choices.length > 0)
    return choices.length === 1 ? String(choices[0]) : `one of ${choices.join(', ')}`;
  switch (node['type']) {
    case 'integer':
    case 'number':
      return numberPhrase(node);
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list of ${numberOf(node['minItems']) ?? 0} to ${numberOf(node['maxItems']) ?? 'many'} entries`;
    case 'object':
      return 'a mapping';
    default:
      return String(node['type']);
  }
}

function validValuesOf(node: SchemaNode): readonly string[] {
  const choices = choicesOf(node);
  if (choices.length > 0) return choices.map(String);
  const examples = node['examples'];
  if (Array.isArray(examples)) return examples.map(String);
  if (node['type'] === 'boolean') return ['true', 'false'];
  if (node['type'] === 'object') return Object.keys(asNode(node['properties']));
  return [phraseOf(node)];
}

function choicesOf(node: SchemaNode): readonly unknown[] {
  if (node['const'] !== undefined) return [node['const']];
  return Array.isArray(node['enum']) ? node['enum'] : [];
}

function numberPhrase(node: SchemaNode): string {
  const noun = node['type'] === 'integer' ? 'a whole number' : 'a number';
  const above = numberOf(node['exclusiveMinimum']);
  const below = numberOf(node['exclusiveMaximum']);
  if (above === null && below === null) {
    return noun + rangePhrase(numberOf(node['minimum']), numberOf(node['maximum']));
  }
  const most = numberOf(node['maximum']);
  const low = above === null ? `from ${numberOf(node['minimum']) ?? 0}` : `above ${above}`;
  const high = below === null ? most !== null && ` and at most ${most}` : ` and below ${below}`;
  return `${noun} ${low}${high || ''}`;
}

function rangePhrase(low: number | null, high: number | null): string {
  if (low === null) return high === null ? '' : ` of at most ${high}`;
  return high === null ? ` of at least ${low}` : ` from ${low} to ${high}`;
}

/** zod bounds every whole number by the safe integers; nobody needs to read that. */
function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : null;
}

function asNode(value: unknown): SchemaNode {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
