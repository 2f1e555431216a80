import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configRows, configTable } from '../support/config-rows.ts';

const text = readFileSync(new URL('../../docs/config.md', import.meta.url), 'utf8');

describe('docs/config.md', () => {
  it('lists every key with its default and meaning, and no other (how to write it anew: schemas/README.md)', () => {
    expect(text.slice(text.indexOf('| key |')).trim()).toBe(configTable());
  });

  it('says of every key what it means', () => {
    expect(configRows().length).toBeGreaterThan(80);
    expect(configRows().filter(({ meaning }) => meaning === '')).toEqual([]);
  });
});

describe('docs/limits.md', () => {
  const limits = readFileSync(new URL('../../docs/limits.md', import.meta.url), 'utf8');

  it('has the limits of the service with their defaults, and no other', () => {
    const [, section = ''] = limits.split('## In the config of the service');
    const rows = [...section.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)];
    const written = rows.map(([, key, fallback]) => [`limits.${key}`, `\`${fallback}\``]);
    const known = configRows().filter(({ key }) => key.startsWith('limits.'));
    expect(written).toEqual(known.map(({ key, fallback }) => [key, fallback]));
  });
});
