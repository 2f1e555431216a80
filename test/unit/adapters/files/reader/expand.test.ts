import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { expandInputs } from '../../../../../src/adapters/files/reader/expand.ts';
import { inFolder } from '../../../../support/log-files.ts';

test('patterns keep their order, matches are sorted, and a file is named once', async () => {
  await inFolder(async (folder) => {
    for (const name of ['b.jsonl', 'a.jsonl', 'z.parquet'])
      await writeFile(join(folder, name), 'x');
    await mkdir(join(folder, 'c.jsonl'));
    const files = await expandInputs([
      join(folder, 'z.parquet'),
      join(folder, '*.jsonl'),
      join(folder, 'a*'),
    ]);
    expect(files.map(({ path }) => basename(path))).toEqual(['z.parquet', 'a.jsonl', 'b.jsonl']);
    expect(files[0]?.sizeBytes).toBe(1);
  });
});

test('a path that exists is taken as it is, whatever it would match', async () => {
  await inFolder(async (folder) => {
    for (const name of ['a[1].jsonl', 'a1.jsonl']) await writeFile(join(folder, name), 'x');
    const files = await expandInputs([join(folder, 'a[1].jsonl')]);
    expect(files.map(({ path }) => basename(path))).toEqual(['a[1].jsonl']);
  });
});

test('a folder is not a file', async () => {
  await inFolder(async (folder) => {
    await expect(expandInputs([folder])).rejects.toThrow(/there is no file/);
  });
});
