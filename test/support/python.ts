import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const CACHE = fileURLToPath(new URL('../../.cache/python', import.meta.url));

const version = spawnSync('python3', ['-c', 'import sys, venv, ensurepip; print(sys.version)'], {
  encoding: 'utf8',
});

/** For `describe.runIf`: an interpreter that can make environments. */
export const hasPython = version.status === 0;

/** The interpreter of an environment that holds what a requirements file says; made once, kept in `.cache`. */
export async function pythonWith(requirements: string): Promise<string> {
  const text = await readFile(requirements, 'utf8');
  const name = createHash('sha256').update(version.stdout).update(text).digest('hex').slice(0, 16);
  const place = join(CACHE, name);
  const interpreter = join(place, 'bin', 'python');
  const mark = join(place, 'complete');
  if (existsSync(mark)) return interpreter;
  // Programs of an environment name its folder: it is made where it stays, and marked when it is whole.
  await rm(place, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', place]);
  await run(interpreter, ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
  await writeFile(mark, '');
  return interpreter;
}
