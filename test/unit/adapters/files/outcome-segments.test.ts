import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openOutcomeSegments } from '../../../../src/adapters/files/outcome-segments.ts';
import { testFolder } from '../../../contract/fixtures/folder.ts';

describe('outcome segments in a folder', () => {
  it('are still there after being reopened, and half-written ones are not', async () => {
    const folder = join(await testFolder(), 'segments');
    await mkdir(folder);
    await writeFile(join(folder, 'b.writing'), 'half');
    const segments = await openOutcomeSegments(folder);
    await segments.write('a', Uint8Array.of(7));
    const again = await openOutcomeSegments(folder);
    expect(await again.list()).toEqual(['a']);
    expect(await again.read('a')).toStrictEqual(Uint8Array.of(7));
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('refuses names that lead out of the folder', async () => {
    const segments = await openOutcomeSegments(await testFolder());
    await expect(segments.write('../a', Uint8Array.of(1))).rejects.toThrow(/plain segment name/);
  });

  it('names the folder that cannot be written', async () => {
    const folder = await testFolder();
    await writeFile(join(folder, 'file'), '');
    const opening = openOutcomeSegments(join(folder, 'file', 'segments'));
    await expect(opening).rejects.toMatchObject({ code: 'output_unwritable' });
  });
});
