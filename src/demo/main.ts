import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReplayReport } from '../app/replay.ts';
import { replay } from '../app/replay.ts';
import { errorText } from '../cli/error-text.ts';
import { exitCodeOf } from '../cli/exit-codes.ts';
import { readPlan } from '../cli/plan-file.ts';
import { type ProgressPrinter, progressPrinter } from '../cli/progress.ts';
import { stderrLog } from '../cli/stderr-log.ts';
import { styleFor } from '../cli/style.ts';
import { type DemoRun, demoText } from './demo-text.ts';
import type { DemoArm } from './logs-manifest.ts';
import { wholeLogPsi } from './whole-log.ts';
import { writeDemoLogs } from './write-logs.ts';

const FOLDER = 'coalmine-demo';
const CACHE_FOLDER = '.cache/demo';

/** What is shown: the plan, the log of its canary, and the name for people. */
const ROLLOUTS = [
  { plan: 'healthy', canary: 'canary', about: 'the better canary' },
  { plan: 'day-old', canary: 'canaryDayOld', about: 'the feature table is a day old' },
] as const satisfies readonly { plan: string; canary: DemoArm; about: string }[];

interface Stage {
  readonly progress: ProgressPrinter;
  readonly signal: AbortSignal;
}

async function runRollout(
  rollout: (typeof ROLLOUTS)[number],
  files: Readonly<Record<string, string>>,
  { progress, signal }: Stage,
): Promise<DemoRun> {
  const { plan, digest } = await readPlan(
    fileURLToPath(new URL(`${rollout.plan}.yaml`, import.meta.url)),
  );
  const out = resolve(FOLDER, rollout.plan);
  // A demo shows the whole way every time: it never goes on from an earlier run.
  await rm(out, { recursive: true, force: true });
  const report: ReplayReport = await replay({
    plan,
    policyDigest: digest,
    current: [files['current'] ?? ''],
    canary: [files[rollout.canary] ?? ''],
    outcomes: [files['outcomes'] ?? ''],
    out,
    traffic: 'simulate',
    speed: 'max',
    partitionCount: 4,
    log: stderrLog(progress),
    signal,
    onStart: (start) => {
      progress.begin(start.rolloutId, start.recordCount);
    },
    onProgress: progress.show,
  });
  const psi = await wholeLogPsi(out);
  return { about: rollout.about, out: join(FOLDER, rollout.plan), report, psi };
}

async function main(signal: AbortSignal): Promise<void> {
  const stderr = { write: (text: string) => void process.stderr.write(text) };
  const logs = await writeDemoLogs({
    logsFolder: join(FOLDER, 'logs'),
    cacheFolder: CACHE_FOLDER,
    onStep: (step) => {
      stderr.write(`${step}\n`);
    },
  });
  const progress = progressPrinter({ interactive: process.stderr.isTTY, stderr });
  const runs = await Promise.all(
    ROLLOUTS.map((rollout) => runRollout(rollout, logs.files, { progress, signal })),
  ).finally(progress.done);
  const style = styleFor({ isTTY: process.stdout.isTTY, env: process.env });
  process.stdout.write(demoText(runs, logs, style));
}

const stopping = new AbortController();
process.on('SIGINT', () => {
  stopping.abort();
});
try {
  await main(stopping.signal);
} catch (error) {
  const style = styleFor({ isTTY: process.stderr.isTTY, env: process.env });
  process.stderr.write(errorText(error, style, (process.env['COALMINE_DEBUG'] ?? '') !== ''));
  process.exitCode = exitCodeOf(error);
}
