import { serviceJsonSchema } from '../../src/app/service/config/json-schema.ts';

type SchemaNode = Readonly<Record<string, unknown>>;

/** One key of the service config as docs/config.md lists it. */
export interface ConfigRow {
  readonly key: string;
  readonly fallback: string;
  readonly meaning: string;
}

/** Every key of the config, as its JSON schema has them: in order, lists as `inputs[].topic`. */
export function configRows(): readonly ConfigRow[] {
  return rowsUnder(serviceJsonSchema(), '');
}

/** The rows as a Markdown table. */
export function configTable(): string {
  const rows = configRows().map(
    ({ key, fallback, meaning }) => `| \`${key}\` | ${fallback} | ${meaning} |`,
  );
  return ['| key | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function rowsUnder(node: SchemaNode, prefix: string): readonly ConfigRow[] {
  const required = Array.isArray(node['required']) ? node['required'] : [];
  return Object.entries(asNode(node['properties'])).flatMap(([name, value]) => {
    const key = prefix + name;
    const child = asNode(value);
    return [rowOf(key, child, required.includes(name)), ...rowsInside(child, key)];
  });
}

function rowOf(key: string, node: SchemaNode, isRequired: boolean): ConfigRow {
  const meaning = typeof node['description'] === 'string' ? node['description'] : '';
  return { key, fallback: isRequired ? 'needed' : fallbackOf(node), meaning };
}

function fallbackOf(node: SchemaNode): string {
  const { default: value } = node;
  if (value === undefined) return '-';
  if (typeof value !== 'object' || value === null) return `\`${plain(value)}\``;
  if (Array.isArray(value)) return '`[]`';
  return Object.keys(node['properties'] ?? node['anyOf'] ?? {}).length > 0 ? 'as below' : '`{}`';
}

/** What lies below a key; secrets and selectors are explained once, in the text. */
function rowsInside(node: SchemaNode, key: string): readonly ConfigRow[] {
  if (plain(node['title']).startsWith('the place of a secret')) return [];
  if (node['items'] !== undefined) return rowsUnder(asNode(node['items']), `${key}[].`);
  const choices = Array.isArray(node['anyOf']) ? node['anyOf'].map(asNode) : [node];
  return choices.flatMap((choice) => rowsUnder(choice, `${key}.`));
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function asNode(value: unknown): SchemaNode {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
