import { CoalmineError } from '../core/foundation/error.ts';

/** A variable of the environment, or what is in the file that NAME_FILE names; null when neither is set. */
export async function secretOf(name: string): Promise<string | null> {
  const given = process.env[name];
  if (given !== undefined && given !== '') return given;
  const path = process.env[`${name}_FILE`];
  if (path === undefined || path === '') return null;
  const { readFile } = await import('node:fs/promises');
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new CoalmineError('input_missing', `${name}_FILE names ${path}, which cannot be read`, {
      cause,
    });
  }
}
