import { readFileSync } from 'node:fs';
import { assert } from '../core/foundation/assert.ts';

/** The version in package.json, which lies two folders up in a checkout and in the package. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const manifest: unknown = JSON.parse(text);
  assert(typeof manifest === 'object' && manifest !== null, 'package.json holds an object');
  assert('version' in manifest, 'package.json has a version');
  return String(manifest.version);
}
