import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeFolder } from '../../../../../src/adapters/files/spool/make-folder.ts';
import { inFolder } from '../../../../support/log-files.ts';

describe('makeFolder', () => {
  test('makes a folder and those above it, and is content when it is there', async () => {
    await inFolder(async (folder) => {
      const path = join(folder, 'a', 'b', 'c');
      await makeFolder(path);
      await makeFolder(path);
      expect((await stat(path)).isDirectory()).toBe(true);
    });
  });

  test('fails where a file stands in the way', async () => {
    await inFolder(async (folder) => {
      await writeFile(join(folder, 'file'), '');
      await expect(makeFolder(join(folder, 'file'))).rejects.toThrow(/EEXIST/);
      await expect(makeFolder(join(folder, 'file', 'x'))).rejects.toThrow(/ENOTDIR/);
    });
  });

  test.runIf(process.platform === 'linux')(
    'fails, and does not go on for ever, in a folder that takes no entries',
    async () => {
      await expect(makeFolder('/proc/coalmine/x')).rejects.toThrow(/ENOENT/);
    },
  );
});
