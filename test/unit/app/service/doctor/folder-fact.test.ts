import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderFact } from '../../../../../src/app/service/doctor/folder-fact.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coalmine-doctor-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('a data folder', () => {
  it('that exists is tried, and left as it was', async () => {
    const fact = await folderFact(folder);
    expect(fact).toMatchObject({ exists: true, isWritable: true });
    expect(fact.freeBytes).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual([]);
  });

  it('that does not exist yet can be made where its parents can be written', async () => {
    expect(await folderFact(join(folder, 'a', 'b'))).toMatchObject({
      exists: false,
      isWritable: true,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('that is a file cannot be written', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    expect(await folderFact(file)).toMatchObject({ isWritable: false });
    await rm(file);
  });
});
