import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * The versions whose answers are logged: the current model, the better canary, the same with a feature
 * table a day old, one whose training and features lost an airport, and the current model rounded.
 */
export const DEMO_ARMS = [
  'current',
  'canary',
  'canaryDayOld',
  'canaryWithoutEwr',
  'canaryRounded',
] as const;
export type DemoArm = (typeof DEMO_ARMS)[number];

export const FILE_NAMES = {
  current: 'current.parquet',
  canary: 'canary.parquet',
  canaryDayOld: 'canary-day-old.parquet',
  canaryWithoutEwr: 'canary-without-ewr.parquet',
  canaryRounded: 'canary-rounded.parquet',
  outcomes: 'outcomes.parquet',
} as const;

/** Written last: logs without it are not whole. */
const MANIFEST_NAME = 'demo-logs.json';

const quality = z.object({ auc: z.number(), logLoss: z.number(), brier: z.number() });
const qualities = z.record(z.enum(DEMO_ARMS), quality);
const manifestSchema = z.object({
  digest: z.string(),
  requestCount: z.number(),
  quality: z.object({ all: qualities, fromEwr: qualities, elsewhere: qualities }),
  bytes: z.record(z.string(), z.number()),
});

/** What the logs of a folder are, and what they were made from. */
export type LogsManifest = z.infer<typeof manifestSchema>;

/** The manifest of logs that are whole and were made from what `digest` names, if there are such. */
export async function readManifest(
  folder: string,
  digest: string,
): Promise<LogsManifest | undefined> {
  try {
    const text = await readFile(join(folder, MANIFEST_NAME), 'utf8');
    const manifest = manifestSchema.parse(JSON.parse(text));
    const bytes = await fileSizes(folder);
    const whole = Object.entries(bytes).every(([name, size]) => manifest.bytes[name] === size);
    return whole && manifest.digest === digest ? manifest : undefined;
  } catch {
    return undefined;
  }
}

/** Seals the logs of a folder once all of them are written. */
export async function writeManifest(
  folder: string,
  contents: Omit<LogsManifest, 'bytes'>,
): Promise<LogsManifest> {
  const manifest = { ...contents, bytes: await fileSizes(folder) };
  const file = join(folder, MANIFEST_NAME);
  const aside = `${file}.${process.pid}.partial`;
  await writeFile(aside, JSON.stringify(manifest, undefined, 2));
  await rename(aside, file);
  return manifest;
}

async function fileSizes(folder: string): Promise<Record<string, number>> {
  const names = Object.values(FILE_NAMES);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return Object.fromEntries(names.map((name, k) => [name, Number(sizes[k])]));
}
