import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileRouter } from '../../../../src/adapters/router/file-router.ts';
import { withShare } from '../../../../src/core/rollout/routing-table.ts';
import { tableOf } from '../../../support/rollout.ts';

let folder = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-file-router-'));
  path = join(folder, 'routing.json');
});
afterEach(async () => await rm(folder, { recursive: true }));

const routerFailed = (why: string) =>
  expect.objectContaining({
    code: 'router_failed',
    message: expect.stringMatching(new RegExp(`^${path}.*${why}`, 's')),
  });

describe('the file', () => {
  test('is JSON for other programs, with a newline at its end', async () => {
    await fileRouter(path).apply(withShare(tableOf(), { fromMs: 60_000, share: 0.05 }));
    const text = await readFile(path, 'utf8');
    expect(text.endsWith('}\n')).toBe(true);
    expect(JSON.parse(text)).toEqual({
      rollout_id: 'fraud-v7.1',
      model: 'fraud',
      current_version: 'v6',
      canary_version: 'v7',
      salt: 'fraud/fraud-v7.1',
      hash: 'murmur3',
      total: 10_000,
      key: 'unit_id',
      boundary: 'session',
      session_max_age_ms: 86_400_000,
      shares: [
        { from_ms: 0, share: 0 },
        { from_ms: 60_000, share: 0.05 },
      ],
      end_ms: null,
      sequence: 2,
    });
  });

  test('is the only one that is left in its folder', async () => {
    await fileRouter(path).apply(tableOf());
    expect(await readdir(folder)).toEqual(['routing.json']);
  });

  test('is replaced, not written into: a reader that has it open sees the old table to its end', async () => {
    await fileRouter(path).apply(tableOf());
    const reader = await open(path, 'r');
    try {
      await fileRouter(path).apply(tableOf({ sequence: 2 }));
      expect(await reader.readFile('utf8')).toContain('"sequence": 1');
    } finally {
      await reader.close();
    }
  });

  test('is read again by the next process', async () => {
    await fileRouter(path).apply(tableOf({ sequence: 7 }));
    expect(await fileRouter(path).read()).toEqual(tableOf({ sequence: 7 }));
    await expect(fileRouter(path).apply(tableOf({ sequence: 6 }))).rejects.toEqual(
      routerFailed('is older'),
    );
  });

  test('is written over what a crash left aside', async () => {
    await writeFile(join(folder, '.routing.json.tmp'), '{ "rollout_id": "fr');
    await fileRouter(path).apply(tableOf());
    expect(await readdir(folder)).toEqual(['routing.json']);
    expect(await fileRouter(path).read()).toEqual(tableOf());
  });
});

describe('what is in the way is named with its path', () => {
  test.each([
    ['a text that is cut', '{ "rollout_id": "fraud', 'not a routing table'],
    ['an empty file', '', 'not a routing table'],
    ['other JSON', '{"rollout_id": 7}', 'rollout_id: '],
    ['a share out of range', null, 'shares.0.share'],
    ['an unknown hash', null, 'hash: '],
  ])('%s', async (...[what, given, why]) => {
    await fileRouter(path).apply(tableOf());
    const good = await readFile(path, 'utf8');
    const bad =
      what === 'an unknown hash'
        ? good.replace('murmur3', 'md5')
        : good.replace('"share": 0', '"share": 2');
    await writeFile(path, given ?? bad);
    await expect(fileRouter(path).read()).rejects.toEqual(routerFailed(why));
    await expect(fileRouter(path).apply(tableOf({ sequence: 9 }))).rejects.toEqual(
      routerFailed(why),
    );
    expect(await readFile(path, 'utf8')).toBe(given ?? bad);
  });

  test('a folder that does not exist', async () => {
    path = join(folder, 'missing', 'routing.json');
    await expect(fileRouter(path).apply(tableOf())).rejects.toEqual(
      routerFailed('cannot be written: ENOENT'),
    );
  });

  test('a folder that is a file', async () => {
    await writeFile(path, '');
    path = join(path, 'routing.json');
    await expect(fileRouter(path).apply(tableOf())).rejects.toEqual(
      routerFailed('cannot be read: ENOTDIR'),
    );
  });

  test('a folder in place of the file, and nothing is left aside', async () => {
    await mkdir(path);
    await expect(fileRouter(path).apply(tableOf())).rejects.toEqual(
      routerFailed('cannot be read: EISDIR'),
    );
    expect(await readdir(folder)).toEqual(['routing.json']);
  });

  test('a folder in which nothing new can be written', async () => {
    await mkdir(join(folder, '.routing.json.tmp'));
    await expect(fileRouter(path).apply(tableOf())).rejects.toEqual(
      routerFailed('cannot be written: EISDIR'),
    );
  });
});
