import { glob, stat } from 'node:fs/promises';
import { CoalmineError } from '../../../core/foundation/error.ts';

/** One input file as the user named it. */
export interface InputFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/**
 * Paths and globs as files: patterns in the given order, the matches of each sorted by name, a file
 * that two patterns name once. A path that exists is taken literally, whatever characters it holds.
 */
export async function expandInputs(patterns: readonly string[]): Promise<readonly InputFile[]> {
  const files = new Map<string, InputFile>();
  for (const pattern of patterns) {
    for (const file of await expandOne(pattern)) {
      if (!files.has(file.path)) files.set(file.path, file);
    }
  }
  return [...files.values()];
}

async function expandOne(pattern: string): Promise<readonly InputFile[]> {
  const literalFile = await inputFile(pattern);
  if (literalFile !== null) return [literalFile];
  const paths: string[] = [];
  for await (const path of glob(pattern)) paths.push(path);
  const found = await Promise.all(paths.toSorted().map(inputFile));
  const files = found.filter((file) => file !== null);
  if (files.length > 0) return files;
  const what = /[*?[{]/.test(pattern) ? 'no file matches' : 'there is no file';
  throw new CoalmineError('input_missing', `${what} ${pattern}`, {
    hints: ['paths are relative to the working directory; quote a glob so that it arrives whole'],
  });
}

async function inputFile(path: string): Promise<InputFile | null> {
  try {
    const found = await stat(path);
    if (!found.isFile()) return null;
    return { path, sizeBytes: found.size, modifiedMs: Math.floor(found.mtimeMs) };
  } catch {
    return null;
  }
}
