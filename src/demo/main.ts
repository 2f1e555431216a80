import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReplayReport } from '../app/replay.ts';
import { replay } from '../app/replay.ts';
import { errorText } from '../cli/error-text.ts';
import { EXIT, exitCodeOf } from '../cli/exit-codes.ts';
import { readPlan } from '../cli/plan-file.ts';
import { type ProgressPrinter, progressPrinter } from '../cli/progress.ts';
import { stderrLog } from '../cli/stderr-log.ts';
import { styleFor } from '../cli/style.ts';
import { type DemoRun, demoText, whyText } from './demo-text.ts';
import { psiRuleOf } from './psi-rule.ts';
import { DEMO_ROLLOUTS, type DemoRollout, differsFromDescribed } from './rollouts.ts';
import { writeDemoLogs } from './write-logs.ts';

const FOLDER = 'coalmine-demo';
const CACHE_FOLDER = '.cache/demo';

interface Stage {
  readonly progress: ProgressPrinter;
  readonly signal: AbortSignal;
}

async function runRollout(
  rollout: DemoRollout,
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
    canary: [files[rollout.arm] ?? ''],
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
  const rule = await psiRuleOf(out);
  return { rollout, out: join(FOLDER, rollout.plan), report, rule };
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
    DEMO_ROLLOUTS.map((rollout) => runRollout(rollout, logs.files, { progress, signal })),
  ).finally(progress.done);
  const style = styleFor({ isTTY: process.stdout.isTTY, env: process.env });
  process.stdout.write(demoText(runs, logs, style));
  const plain = styleFor({ isTTY: false, env: { NO_COLOR: '1' } });
  for (const { rollout, report } of runs) {
    const { rolloutId, decision } = report;
    const why = whyText(report, plain);
    const difference = differsFromDescribed(rollout, { rolloutId, decision, why });
    if (difference === null) continue;
    stderr.write(`${difference}\n`);
    process.exitCode = EXIT.error;
  }
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
