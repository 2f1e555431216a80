import { join } from 'node:path';
import { parsePlan } from '../../src/app/plan/parse.ts';
import type { ReplayReport } from '../../src/app/replay.ts';
import { replay } from '../../src/app/replay.ts';
import type { LogPaths, LogRows } from './replay-log.ts';
import { writeLogLines } from './replay-log.ts';
import { replayPlanText } from './replay-plan.ts';

/** What a replay of a small log left. */
export interface Replayed {
  readonly out: string;
  readonly log: LogPaths;
  readonly planText: string;
  readonly report: ReplayReport;
}

/** Replays a log in this process, into `out` of a folder, where its files are too. */
export async function replayed(
  folder: string,
  rows: LogRows,
  planText: string = replayPlanText(),
): Promise<Replayed> {
  const parsed = parsePlan(planText, 'plan.yaml');
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'));
  const log = await writeLogLines(folder, rows);
  const out = join(folder, 'out');
  const report = await replay({
    plan: parsed.plan,
    policyDigest: parsed.digest,
    ...log,
    out,
    traffic: null,
    speed: 'max',
    partitionCount: 3,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    signal: new AbortController().signal,
    onStart: () => {},
    onProgress: () => {},
  });
  return { out, log, planText, report };
}
