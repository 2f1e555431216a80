import { bytesText } from './bytes-text.ts';
import type { Check } from './check.ts';
import type { DoctorFacts, FolderFact } from './facts.ts';

const FREE_BYTES_MIN = 500_000_000;
const FREE_BYTES_GOOD = 5_000_000_000;

/** Node, and the folder that the service stores in. */
export function checkMachine(
  facts: Pick<DoctorFacts, 'nodeVersion' | 'nodeVersionMin' | 'folder'>,
): readonly Check[] {
  return [checkNode(facts), checkWritable(facts.folder), checkSpace(facts.folder)];
}

function checkNode({
  nodeVersion,
  nodeVersionMin,
}: Pick<DoctorFacts, 'nodeVersion' | 'nodeVersionMin'>): Check {
  const line = { area: 'machine', subject: 'Node', seen: `version ${nodeVersion}` };
  return isAtLeast(nodeVersion, nodeVersionMin)
    ? { ...line, status: 'ok', mend: null }
    : { ...line, status: 'error', mend: `install Node ${nodeVersionMin} or later` };
}

function isAtLeast(version: string, least: string): boolean {
  const parts = numbersOf(version);
  for (const [i, wanted] of numbersOf(least).entries()) {
    const part = parts[i] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

function numbersOf(version: string): readonly number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10));
}

function checkWritable({ folder, exists, isWritable }: FolderFact): Check {
  const line = { area: 'machine', subject: folder };
  if (!isWritable) {
    return {
      ...line,
      status: 'error',
      seen: exists ? 'cannot be written' : 'does not exist, and cannot be made',
      mend: 'give this user the right to write there, or name another dataFolder in the config',
    };
  }
  const seen = exists ? 'can be written' : 'does not exist yet: it is made when the service starts';
  return { ...line, status: 'ok', seen, mend: null };
}

function checkSpace({ folder, freeBytes }: FolderFact): Check {
  const line = { area: 'machine', subject: `space of ${folder}` };
  if (freeBytes === null)
    return {
      ...line,
      status: 'warning',
      seen: 'the file system does not tell how much is free',
      mend: 'look at it with df',
    };
  const seen = `${bytesText(freeBytes)} free`;
  if (freeBytes >= FREE_BYTES_GOOD) return { ...line, status: 'ok', seen, mend: null };
  return {
    ...line,
    status: freeBytes < FREE_BYTES_MIN ? 'error' : 'warning',
    seen,
    mend: `free at least ${bytesText(FREE_BYTES_GOOD)}, or name a dataFolder on a larger disk`,
  };
}
