import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { demoDigest, LOG_MODULES } from '../../../src/demo/digest.ts';

const DEMO = new URL('../../../src/demo/', import.meta.url);

/** The modules of the demo that `name` needs, itself included. */
async function needed(name: string, found = new Set<string>()): Promise<Set<string>> {
  if (found.has(name)) return found;
  found.add(name);
  const text = await readFile(new URL(`${name}.ts`, DEMO), 'utf8');
  for (const [, other] of text.matchAll(/from '\.\/([a-z-]+)\.ts'/g)) {
    await needed(String(other), found);
  }
  return found;
}

test('the digest covers every module that has a say in the logs', async () => {
  const modules = await needed('write-logs');
  modules.delete('digest');
  expect(modules.size).toBeGreaterThan(10);
  expect([...LOG_MODULES]).toEqual([...modules].sort());
});

test('the digest follows the data', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'coalmine-digest-'));
  const file = join(folder, 'data');
  await writeFile(file, 'one');
  const one = await demoDigest(file);
  expect(one).toMatch(/^[0-9a-f]{16}$/);
  expect(await demoDigest(file)).toBe(one);
  await writeFile(file, 'two');
  expect(await demoDigest(file)).not.toBe(one);
  await rm(folder, { recursive: true });
});
