import { spawn } from 'node:child_process';
import { z } from 'zod';

/** What one replay in a process of its own prints, in seconds and MB. */
export const REPLAY_MEASURE = z.object({
  pairs: z.number(),
  verdicts: z.number(),
  /** Opening the files: schemas, versions, dictionaries. */
  openS: z.number(),
  /** From the first read to the last durable commit. */
  replayS: z.number(),
  /** CPU time of the main thread in that. */
  replayMainCpuS: z.number(),
  /** Publishing Parquet and closing the database. */
  publishS: z.number(),
  /** CPU time of the whole process, all threads. */
  cpuS: z.number(),
  peakRssMb: z.number(),
});
export type ReplayMeasure = z.infer<typeof REPLAY_MEASURE>;

/** Runs one replay of generated logs in a child process, with a CPU profile if a folder is named. */
export async function measureReplay(options: {
  readonly folder: string;
  readonly pairCount: number;
  readonly profileFolder: string | null;
}): Promise<ReplayMeasure> {
  const { folder, pairCount, profileFolder } = options;
  const script = new URL('replay-once.ts', import.meta.url);
  const preload = new URL('built.ts', import.meta.url);
  const profiling = profileFolder === null ? [] : ['--cpu-prof', '--cpu-prof-dir', profileFolder];
  const args = [...profiling, '--import', preload.href, script.pathname, folder, String(pairCount)];
  const lines = await output(args);
  return REPLAY_MEASURE.parse(JSON.parse(lines.trimEnd().split('\n').at(-1) ?? ''));
}

async function output(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`the measured process ended with ${code}`);
  return text;
}
