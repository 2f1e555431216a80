import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** What the main thread does for a replay, step by step. */
export const STEPS = [
  'read',
  'join',
  'fold',
  'close, judge',
  'commit',
  'publish',
  'collect garbage',
  'idle',
  'start, other',
] as const;
export type Step = (typeof STEPS)[number];

const PROFILE = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string() }),
      children: z.array(z.number()).optional(),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

/** Files of ours by what they are for; the first that matches counts. */
const STEP_OF_FILE: readonly (readonly [RegExp, Step])[] = [
  [/adapters\/duckdb\/(publish|fill-columns)/, 'publish'],
  [/adapters\/files\/reader\/|pipeline\/frame-split/, 'read'],
  [/core\/join\//, 'join'],
  [/core\/windows\/(fold|partition-folder|partial-pool|bound-fields|row-sample|scales)/, 'fold'],
  [/core\/|pipeline\/(line|window-closer|decide-window|partition-line)\./, 'close, judge'],
  [/adapters\/|app\/wire|pipeline\//, 'commit'],
];

/**
 * Time per step in ms: each sample of a CPU profile counts for the innermost frame that lies in a
 * file of ours, so that what a library does counts for the step that asked for it.
 */
export async function timePerStep(folder: string): Promise<ReadonlyMap<Step, number>> {
  const file = (await readdir(folder)).find((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error(`${folder} holds no CPU profile`);
  const profile = PROFILE.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
  const steps = stepsOfNodes(profile.nodes);
  const times = new Map<Step, number>(STEPS.map((step) => [step, 0]));
  for (const [i, node] of profile.samples.entries()) {
    const step = steps.get(node) ?? 'start, other';
    times.set(step, (times.get(step) ?? 0) + (profile.timeDeltas[i] ?? 0) / 1000);
  }
  return times;
}

function stepsOfNodes(nodes: z.infer<typeof PROFILE>['nodes']): ReadonlyMap<number, Step> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const steps = new Map<number, Step>();
  const waiting: [number, Step][] = [[nodes[0]?.id ?? 0, 'start, other']];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [id, outer] = next;
    const node = byId.get(id);
    if (node === undefined) continue;
    const step = ownStep(node.callFrame) ?? outer;
    steps.set(id, step);
    for (const child of node.children ?? []) waiting.push([child, step]);
  }
  return steps;
}

function ownStep(frame: { readonly functionName: string; readonly url: string }): Step | null {
  if (frame.functionName === '(garbage collector)') return 'collect garbage';
  if (frame.functionName === '(idle)') return 'idle';
  if (!/\/(src|dist)\//.test(frame.url) || frame.url.includes('node_modules')) return null;
  return STEP_OF_FILE.find(([file]) => file.test(frame.url))?.[1] ?? null;
}
