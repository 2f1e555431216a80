import { arch, cpus, platform, release, totalmem } from 'node:os';
import type { JudgeCost } from './judge.ts';
import type { ReplayMeasure } from './measure.ts';
import { STEPS, type Step } from './shares.ts';

/** All that one `npm run bench` found. */
export interface Findings {
  readonly command: string;
  readonly date: string;
  readonly sizes: readonly Size[];
  readonly judge: JudgeCost;
}

/** Runs of one number of pairs, and where the main thread spent its time in one more. */
export interface Size {
  readonly pairCount: number;
  readonly runs: readonly MeasuredRun[];
  readonly steps: ReadonlyMap<Step, number>;
}

export interface MeasuredRun extends ReplayMeasure {
  /** Load average of the minute before the run: above 0 the machine was not ours alone. */
  readonly loadBefore: number;
}

/** The whole text of docs/benchmarks.md. */
export function reportText(findings: Findings): string {
  const { command, date, sizes, judge } = findings;
  const cpu = cpus();
  return `# Benchmarks

Written by \`${command}\` on ${date}; nothing here is typed by hand, and no test depends on it.

Machine: ${cpu[0]?.model ?? 'unknown CPU'}, ${cpu.length} cores, ${Math.round(totalmem() / 2 ** 30)} GB,
${platform()} ${release()} ${arch()}. Node ${process.version}.

## Replay

Parquet to committed windows: both arms, 12 numeric features and a score, windows of 60 s with 1,500 pairs each,
5 metrics, 4 partitions, pairs kept \`none\`, in one process on the built package. The time runs from the first read
to the last durable commit; opening the files and publishing Parquet at the end are in the whole command's time.
Each run is a process of its own. Least / median / most of the runs:

${table(
  [
    'pairs',
    'runs',
    'pairs/s',
    'peak RSS, MB',
    'main thread CPU, s',
    'whole command, s',
    'load before',
  ],
  sizes.map(({ pairCount, runs }) => [
    whole(pairCount),
    String(runs.length),
    spread(
      runs.map((run) => run.pairs / run.replayS),
      whole,
    ),
    spread(
      runs.map((run) => run.peakRssMb),
      whole,
    ),
    spread(
      runs.map((run) => run.replayMainCpuS),
      seconds,
    ),
    spread(
      runs.map((run) => run.openS + run.replayS + run.publishS),
      seconds,
    ),
    spread(
      runs.map((run) => run.loadBefore),
      seconds,
    ),
  ]),
)}

The load is that of the minute before a run: what is above 0 was other work on the same cores, and lowers pairs/s.
The main thread's CPU time hardly depends on it: pairs by that time bound what the machine reaches when it is free.

## Where the time goes

Main thread of one more run of each size, by the innermost file of ours in a CPU profile. \`read\` includes waiting
inside DuckDB's calls; decoding itself is on other threads. \`idle\` waits for them.

${table(
  ['step', ...sizes.map(({ pairCount }) => `${whole(pairCount)} pairs`)],
  STEPS.map((step) => [step, ...sizes.map(({ steps }) => share(steps, step))]),
)}

## Judging one window

${whole(judge.windowCount)} windows with ${judge.metricCount} metrics and ${judge.featureCount} features, from merged numbers to a verdict:
median ${judge.medianMs.toFixed(2)} ms, 95 of 100 within ${judge.p95Ms.toFixed(2)} ms.

Run it again: \`npm run build && ${command}\`. Figures of other machines differ; compare runs of one machine.
`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function spread(values: readonly number[], text: (value: number) => string): string {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (rank: number): string => text(sorted[Math.floor(rank * (sorted.length - 1))] ?? 0);
  return [at(0), at(0.5), at(1)].join(' / ');
}

function share(steps: ReadonlyMap<Step, number>, step: Step): string {
  const total = [...steps.values()].reduce((sum, ms) => sum + ms, 0);
  const ms = steps.get(step) ?? 0;
  return `${((100 * ms) / total).toFixed(1)} % (${seconds(ms / 1000)} s)`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function seconds(value: number): string {
  return value.toFixed(2);
}
