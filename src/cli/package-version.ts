import { readFileSync } from 'node:fs';
import { assert } from '../core/foundation/assert.ts';

/** The version in package.json, which lies two folders up in a checkout and in the package. */
export function packageVersion(): string {
  const manifest = readManifest();
  assert('version' in manifest, 'package.json has a version');
  return String(manifest.version);
}

/** The least version of Node that package.json asks for. */
export function nodeVersionMin(): string {
  const manifest = readManifest();
  const engines = 'engines' in manifest ? manifest.engines : null;
  assert(typeof engines === 'object' && engines !== null, 'package.json has engines');
  assert('node' in engines, 'package.json names a version of Node');
  return String(engines.node).replace(/^\D+/, '');
}

function readManifest(): object {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const manifest: unknown = JSON.parse(text);
  assert(typeof manifest === 'object' && manifest !== null, 'package.json holds an object');
  return manifest;
}
