import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small valid plan; tests change a word of it to break it. */
export const PLAN_TEXT = `apiVersion: coalmine.dev/v1
kind: Rollout
metadata: { name: fraud-v7 }
spec:
  model: fraud
  current: v6
  canary: v7
  decision: { of: score, threshold: 0.5 }
  steps:
    - shadow: { duration: 1h, minPairs: 2000 }
    - { setWeight: 5, bake: 30m, minSamples: 500 }
    - { setWeight: 100, bake: 2h }
`;

/** Writes a plan into a folder of its own and returns its path. */
export async function planFile(text: string = PLAN_TEXT): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'coalmine-cli-')), 'plan.yaml');
  await writeFile(path, text);
  return path;
}
