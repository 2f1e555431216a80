import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { access, constants, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { FolderFact } from './facts.ts';

/** Whether a folder can be stored in, or made. Nothing is left behind. */
export async function folderFact(folder: string): Promise<FolderFact> {
  const exists = existsSync(folder);
  const nearest = nearestFolder(resolve(folder));
  return {
    folder,
    exists,
    isWritable: exists ? await canWrite(folder) : await canMake(nearest),
    freeBytes: await freeBytes(nearest),
  };
}

function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path));
}

/** Rights alone do not tell: the disk may be full, or mounted for reading only. */
async function canWrite(folder: string): Promise<boolean> {
  const file = join(folder, `.coalmine-doctor-${randomUUID()}`);
  try {
    await writeFile(file, 'x');
    return true;
  } catch {
    return false;
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}

async function canMake(parent: string): Promise<boolean> {
  try {
    await access(parent, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}
