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
