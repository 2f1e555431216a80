import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unwritable } from '../../adapters/files/unwritable.ts';
import { CoalmineError } from '../../core/foundation/error.ts';

/**
 * The identity of a data folder, made when it is first used: whoever has the folder has the requests
 * that wait for outcomes.
 *
 * @throws CoalmineError `output_unwritable`
 */
export async function folderIdOf(folder: string): Promise<string> {
  return await writtenOnce(join(folder, 'folder-id'), randomUUID());
}

/**
 * Makes sure that a data folder is used with one cluster only: what it holds is numbered by the
 * offsets of that one.
 *
 * @throws CoalmineError `store_mismatch` when it was used with another one, `output_unwritable`
 */
export async function bindFolder(folder: string, clusterId: string): Promise<void> {
  const path = join(folder, 'cluster-id');
  const bound = await writtenOnce(path, clusterId);
  if (bound === clusterId) return;
  throw new CoalmineError('store_mismatch', `${folder} belongs to another Kafka cluster`, {
    hints: [
      `it was used with the cluster ${bound}; this one is ${clusterId}`,
      'another dataFolder begins anew; move this one away if its cluster is gone',
      `where the topics were copied with their offsets, remove ${path}`,
    ],
  });
}

/** The first to write a file decides: processes that share a folder agree. Nobody sees half of it. */
async function writtenOnce(path: string, text: string): Promise<string> {
  const aside = `${path}.${randomUUID()}.partial`;
  try {
    await writeFile(aside, `${text}\n`);
    await link(aside, path).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    });
    await rm(aside);
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw unwritable(path, cause);
  }
}
