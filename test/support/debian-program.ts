import { existsSync } from 'node:fs';

/** Where Debian puts what is not on everybody's path. */
const FOLDERS = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin'];

/**
 * The path of a program of a Debian package, or null where it is not installed; then its tests are
 * left out by name. The build machine has all of them: there it is an error.
 */
export function debianProgram(program: string, packageName: string): string | null {
  const found = FOLDERS.map((folder) => `${folder}/${program}`).find((path) => existsSync(path));
  if (found !== undefined) return found;
  const mend = `infra/debian.sh ${packageName}`;
  if ((process.env['CI'] ?? '') !== '') throw new Error(`${program} is not installed: ${mend}`);
  process.stderr.write(`NOT RUN: tests that need ${program} (as root: ${mend})\n`);
  return null;
}
