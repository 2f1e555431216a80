import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { SERVE_FROM_MS } from '../write-logs.ts';
import { HOUR_MS } from './hours.ts';
import { LIVE_FOLDER } from './place.ts';

const FILE = join(LIVE_FOLDER, 'progress.json');

const progressSchema = z.object({
  rolloutId: z.string(),
  nextHour: z.number(),
  shiftMs: z.number(),
});

/** Which hour of flights a rollout is sent next, and how far its flights are moved in time. */
export type Progress = z.infer<typeof progressSchema>;

/** Where the demo stopped, if it was with this rollout. */
export async function readProgress(rolloutId: string): Promise<Progress | null> {
  try {
    const progress = progressSchema.parse(JSON.parse(await readFile(FILE, 'utf8')));
    return progress.rolloutId === rolloutId ? progress : null;
  } catch {
    return null;
  }
}

export async function writeProgress(progress: Progress): Promise<void> {
  await writeFile(`${FILE}.partial`, JSON.stringify(progress));
  await rename(`${FILE}.partial`, FILE);
}

/**
 * How far the flights from an hour on are moved, in whole hours: they begin with the next hour of the
 * clock, and from then on run ahead of it. Moved once, they stay so until the clock has overtaken them.
 */
export function shiftOf(hour: number, before: number | null, nowMs: number): number {
  const startMs = SERVE_FROM_MS + hour * HOUR_MS;
  const leastMs = Math.ceil((nowMs - startMs) / HOUR_MS) * HOUR_MS;
  return before === null ? leastMs : Math.max(before, leastMs);
}
