import { cpus, platform, release, totalmem } from 'node:os';
import type { ExpectedTotals } from './expected.ts';
import { PROGRAMS, type Program, type Round, type Run } from './run.ts';
import { asSection } from './section.ts';

export interface KafkaFindings {
  readonly command: string;
  readonly date: string;
  readonly model: {
    readonly requestCount: number;
    readonly spanMs: number;
    readonly seed: number;
    readonly partitionCount: number;
  };
  /** What of coalmine was measured. */
  readonly verb: string;
  readonly expected: ExpectedTotals;
  readonly rounds: readonly Round[];
  /** Why a program was not run, by program. */
  readonly leftOut: Readonly<Partial<Record<Program, string>>>;
}

const NAMES: Readonly<Record<Program, string>> = {
  peer: 'Kafka Streams',
  coalmine: 'coalmine',
  count: 'counting loop',
};

/** The section "Over Kafka" of docs/benchmarks.md. */
export function kafkaSection(findings: KafkaFindings): string {
  const { command, date, model, verb, expected, rounds, leftOut } = findings;
  const cpu = cpus();
  const ran = PROGRAMS.filter((program) => rounds.some((round) => round[program] !== undefined));
  const missing = Object.entries(leftOut).map(([program, why]) => `Not run: ${program}, ${why}.`);
  return asSection(`## Over Kafka

Written by \`${command}\` on ${date}; nothing here is typed by hand.

Machine: ${cpu[0]?.model ?? 'unknown CPU'}, ${cpu.length} cores, ${Math.round(totalmem() / 2 ** 30)} GB,
${platform()} ${release()}. Node ${process.version}. Broker and all programs beside each other on it.

${whole(model.requestCount)} requests over ${whole(model.spanMs / 60_000)} minutes of event time in two topics of ${model.partitionCount} partitions, seed ${model.seed}: ${whole(expected.pairs)} pairs,
${whole(expected.onlyCurrent + expected.onlyCanary)} requests in one topic only. A value is some 155 bytes of Avro with a score and 12 features.

- **Kafka Streams**: a program with the same outer join and one-minute windows (counts, score histograms, differing
  features); RocksDB stores with changelog, 2 threads, heap 1 GB, at least once.
- **coalmine** (\`coalmine ${verb}\`): joins, counts ten cells and drivers of the score and 12 features, latencies, flips, exact sums;
  with watermarks, unmatched requests, partials and positions written, recovery on.
- **counting loop**: a kafkajs \`eachBatch\` loop that only counts records; two of them are taken for a pair.

In each round every program runs once, alone, on the same topics. Pairs/s are from the first to the last input record;
CPU and memory are of the whole process, start and end included. Least / median / most of ${rounds.length} rounds:

${table(
  ['', 'pairs/s', 'records/s', 'CPU s per million pairs', 'peak RSS, MB', 'totals exact'],
  ran.map((program) => programRow(program, runsOf(rounds, program), expected)),
)}

${ratios(rounds)}${missing.length > 0 ? `\n${missing.join('\n')}\n` : ''}`);
}

function programRow(program: Program, runs: readonly Run[], expected: ExpectedTotals): string[] {
  const millions = expected.pairs / 1e6;
  return [
    NAMES[program],
    spread(
      runs.map(({ pairsPerS }) => pairsPerS),
      whole,
    ),
    spread(
      runs.map(({ recordsPerS }) => recordsPerS),
      whole,
    ),
    spread(
      runs.map(({ cpuS }) => cpuS / millions),
      oneDigit,
    ),
    spread(
      runs.map(({ peakRssMb }) => peakRssMb),
      whole,
    ),
    `${runs.filter(({ isExact }) => isExact).length} of ${runs.length}`,
  ];
}

function ratios(rounds: readonly Round[]): string {
  const compared = [
    ['coalmine to Kafka Streams, pairs/s', ratiosOf(rounds, ['coalmine', 'peer'], pairsPerS)],
    ['coalmine to counting loop, records/s', ratiosOf(rounds, ['coalmine', 'count'], recordsPerS)],
    ['Kafka Streams to counting loop, records/s', ratiosOf(rounds, ['peer', 'count'], recordsPerS)],
    ['coalmine to Kafka Streams, peak RSS', ratiosOf(rounds, ['coalmine', 'peer'], peakRssMb)],
    ['coalmine to Kafka Streams, CPU per pair', ratiosOf(rounds, ['coalmine', 'peer'], cpuS)],
  ] as const;
  const rows = compared.filter(([, values]) => values.length > 0);
  if (rows.length === 0) return '';
  return `Ratios within a round:\n\n${table(
    ['', 'least / median / most'],
    rows.map(([name, values]) => [name, spread(values, twoDigits)]),
  )}\n`;
}

/** The ratio of two programs in each round in which both ran. */
export function ratiosOf(
  rounds: readonly Round[],
  [left, right]: readonly [Program, Program],
  of: (run: Run) => number,
): number[] {
  return rounds.flatMap((round) => {
    const [over, under] = [round[left], round[right]];
    return over === undefined || under === undefined ? [] : [of(over) / of(under)];
  });
}

const pairsPerS = (run: Run): number => run.pairsPerS;
const recordsPerS = (run: Run): number => run.recordsPerS;
const peakRssMb = (run: Run): number => run.peakRssMb;
const cpuS = (run: Run): number => run.cpuS;

function runsOf(rounds: readonly Round[], program: Program): Run[] {
  return rounds.flatMap((round) => round[program] ?? []);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Least, median (of an even number the mean of the middle two) and most. */
export function spread(values: readonly number[], text: (value: number) => string): string {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.slice((sorted.length - 1) >> 1, (sorted.length >> 1) + 1);
  const median = middle.reduce((sum, value) => sum + value, 0) / middle.length;
  return [sorted[0] ?? 0, median, sorted.at(-1) ?? 0].map(text).join(' / ');
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function oneDigit(value: number): string {
  return value.toFixed(1);
}

function twoDigits(value: number): string {
  return value.toFixed(2);
}
