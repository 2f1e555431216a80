import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** Everything that decides what the logs say: a change in any of them makes new ones. */
export const LOG_MODULES = [
  'answers',
  'bins',
  'boosted-tree',
  'decayed-rates',
  'evaluation',
  'features',
  'flights',
  'gradient-boosting',
  'log-files',
  'logistic-regression',
  'logs-manifest',
  'matrix',
  'number-columns',
  'random',
  'train',
  'write-logs',
] as const;

/** Names the data and the code that a trained model or a log was made from. */
export async function demoDigest(dataFile: string): Promise<string> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const modules = LOG_MODULES.map((name) => new URL(`./${name}.${extension}`, import.meta.url));
  const hash = createHash('sha256');
  for (const file of [dataFile, ...modules]) hash.update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}
