import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bindFolder, folderIdOf } from '../../../../src/app/service/folder-id.ts';

describe('a data folder', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coalmine-folder-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('has one identity, however many ask for it at once', async () => {
    const [one, other] = await Promise.all([folderIdOf(folder), folderIdOf(folder)]);
    expect(one).toMatch(/^[0-9a-f-]{36}$/);
    expect(other).toBe(one);
  });

  it('is used with one cluster only', async () => {
    await bindFolder(folder, 'first');
    await bindFolder(folder, 'first');
    await expect(bindFolder(folder, 'second')).rejects.toMatchObject({ code: 'store_mismatch' });
  });

  it('that cannot be written is an error of its own', async () => {
    const gone = join(folder, 'gone');
    await expect(bindFolder(gone, 'first')).rejects.toMatchObject({ code: 'output_unwritable' });
  });
});
