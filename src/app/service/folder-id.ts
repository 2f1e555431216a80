import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unwritable } from '../../adapters/files/unwritable.ts';

/**
 * The identity of a data folder, made when it is first used: whoever has the folder has the requests
 * that wait for outcomes.
 *
 * @throws CoalmineError `output_unwritable`
 */
export async function folderIdOf(folder: string): Promise<string> {
  const path = join(folder, 'folder-id');
  try {
    // The first to write it decides: processes that share a folder agree.
    await writeFile(path, `${randomUUID()}\n`, { flag: 'wx' }).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    });
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}
