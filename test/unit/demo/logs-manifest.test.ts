import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FILE_NAMES, readManifest, writeManifest } from '../../../src/demo/logs-manifest.ts';

const QUALITY = { auc: 0.7, logLoss: 0.4, brier: 0.1 };
const BY_ARM = {
  current: QUALITY,
  canary: QUALITY,
  canaryDayOld: QUALITY,
  canaryWithoutEwr: QUALITY,
  canaryRounded: QUALITY,
};
const CONTENTS = {
  digest: 'abc',
  requestCount: 3,
  quality: { all: BY_ARM, fromEwr: BY_ARM, elsewhere: BY_ARM },
};
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-manifest-'));
  for (const name of Object.values(FILE_NAMES)) await writeFile(join(folder, name), name);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('whole logs of the same origin are found again', async () => {
  const written = await writeManifest(folder, CONTENTS);
  expect(await readManifest(folder, 'abc')).toEqual(written);
});

test('logs of other data or other code do not count', async () => {
  await writeManifest(folder, CONTENTS);
  expect(await readManifest(folder, 'abd')).toBeUndefined();
});

test('logs of which a file was cut or is missing do not count', async () => {
  await writeManifest(folder, CONTENTS);
  await writeFile(join(folder, FILE_NAMES.canary), 'cut');
  expect(await readManifest(folder, 'abc')).toBeUndefined();
  await unlink(join(folder, FILE_NAMES.canary));
  expect(await readManifest(folder, 'abc')).toBeUndefined();
});

test('a folder without a manifest, or with one that is cut, has no logs', async () => {
  expect(await readManifest(folder, 'abc')).toBeUndefined();
  await writeFile(join(folder, 'demo-logs.json'), '{"digest": "abc"');
  expect(await readManifest(folder, 'abc')).toBeUndefined();
});
