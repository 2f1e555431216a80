import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../core/foundation/assert.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { OutcomeSegments } from '../../pipeline/ports.ts';
import { unwritable } from './unwritable.ts';

const ASIDE = '.writing';

/**
 * Segments as files of one folder. A segment is durable and complete once it has its name: the
 * committed state may refer to it.
 *
 * @throws CoalmineError `output_unwritable`
 */
export async function openOutcomeSegments(folder: string): Promise<OutcomeSegments> {
  try {
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder))
      if (name.endsWith(ASIDE)) await rm(join(folder, name), { force: true });
  } catch (cause) {
    throw unwritable(folder, cause);
  }
  return {
    write: async (name, bytes) => await writeSegment(segmentPath(folder, name), bytes),
    read: async (name) => await readSegment(segmentPath(folder, name)),
    list: async () => (await readdir(folder)).filter((name) => !name.endsWith(ASIDE)).toSorted(),
    remove: async (names) => {
      for (const name of names) await rm(segmentPath(folder, name), { force: true });
    },
  };
}

function segmentPath(folder: string, name: string): string {
  assert(/^[\w-][\w.-]*$/.test(name) && !name.endsWith(ASIDE), `"${name}" is a plain segment name`);
  return join(folder, name);
}

async function writeSegment(path: string, bytes: Uint8Array): Promise<void> {
  const aside = path + ASIDE;
  try {
    const file = await open(aside, 'w');
    try {
      await file.writeFile(bytes);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

async function readSegment(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw new CoalmineError('not_found', `no outcome segment ${path}`, {
      cause,
      hints: ['it was removed by hand: begin again in an empty output folder'],
    });
  }
}
