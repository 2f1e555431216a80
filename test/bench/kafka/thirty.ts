import { readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fetchJars } from '../../../infra/local/jars.ts';
import { freePort } from '../../../infra/local/ports.ts';
import { type Run as Stack, startStack, stopStack } from '../../../infra/local/stack.ts';
import { findJava } from '../../../infra/local/tools.ts';
import { kafkaClient } from '../../../src/adapters/kafka/connect.ts';
import { createTopics } from '../../../src/adapters/kafka/topics.ts';
import { parseServiceConfig } from '../../../src/app/service/read-config.ts';
import { type Child, startChild } from './measured.ts';
import { cpuSecondsOf, peakRssMbOf } from './process-usage.ts';
import { sumOfMetric } from './progress.ts';
import { asSection, withSection } from './section.ts';
import { configText, inputTopics, planFiles, type ThirtyPlaces } from './thirty-files.ts';

/** `npm run bench:thirty`: one service with thirty rollouts on a broker of its own; writes docs/scale.md. */

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: '30' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '180' },
    topics: { type: 'string', default: 'own' },
    folder: { type: 'string', default: join('.cache', 'bench-thirty') },
    report: { type: 'string', default: join('docs', 'scale.md') },
  },
});

const START_MS_MAX = 600_000;
/** Rollouts begin, learn their cells and judge their first windows before anything is measured. */
const WARM_UP_S = 150;
/** Until what was written is joined and the last windows are closed by the clock. */
const SETTLE_S = 150;
const IDLE_S = 60;
const PARTITIONS = 4;
const CLI = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const PRODUCER = fileURLToPath(new URL('./thirty-producer.ts', import.meta.url));

const folder = resolve(values.folder);
const work = join(folder, 'work');

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** What is told of the service at one moment. */
interface Look {
  readonly cpuS: number;
  readonly rssMb: number;
  readonly peakRssMb: number;
  readonly lag: number;
  readonly records: number;
  readonly verdicts: number;
  readonly watermarkAgeS: number;
  readonly diskMb: number;
}

async function look(service: Child, { httpPort }: ThirtyPlaces): Promise<Look> {
  const pid = service.process.pid ?? 0;
  const metrics = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const ages = [...metrics.matchAll(/^coalmine_watermark_age_seconds\{[^}]*\} (.+)$/gm)];
  return {
    cpuS: cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, 'utf8')),
    rssMb: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024,
    peakRssMb: peakRssMbOf(status),
    lag: sumOfMetric(metrics, 'coalmine_consumer_lag_records'),
    records: sumOfMetric(metrics, 'coalmine_records_read_total'),
    verdicts: sumOfMetric(metrics, 'coalmine_verdicts_total'),
    watermarkAgeS: Math.max(0, ...ages.map(([, age]) => Number(age))),
    diskMb: folderMb(join(work, 'service')),
  };
}

function folderMb(path: string): number {
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' });
  // A file that is replaced between the two looks counts as none.
  const blocks = files.map(
    (file) => statSync(join(path, file), { throwIfNoEntry: false })?.blocks ?? 0,
  );
  return (512 * blocks.reduce((sum, count) => sum + count, 0)) / 2 ** 20;
}

async function prepare(stack: Stack): Promise<ThirtyPlaces> {
  const places: ThirtyPlaces = {
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    folder: work,
    httpPort: await freePort(),
    modelCount: Number(values.models),
    topics: values.topics === 'shared' ? 'shared' : 'own',
  };
  for (const [name, text] of planFiles(places)) await writeFile(join(work, name), text);
  const text = configText(places);
  await writeFile(join(work, 'coalmine.yaml'), text);
  const parsed = parseServiceConfig(text, join(work, 'coalmine.yaml'), {
    variable: () => undefined,
    readText: () => '',
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const client = await kafkaClient(parsed.config.kafka, { log: () => {} });
  const configs = { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '86400000' };
  const topics = inputTopics(places).map((name) => ({
    name,
    partitionCount: PARTITIONS,
    replicationFactor: 1,
    configs,
  }));
  await createTopics(client, topics);
  return places;
}

async function untilServed(service: Child, places: ThirtyPlaces): Promise<void> {
  for (;;) {
    await pause(500);
    if (service.process.exitCode !== null) throw new Error('the service ended: see its log');
    const ready = await fetch(`http://127.0.0.1:${places.httpPort}/readyz`).catch(() => null);
    if (ready?.ok === true) return;
  }
}

async function measure(stack: Stack): Promise<string> {
  const places = await prepare(stack);
  const node = ['--disable-warning=TimeoutNegativeWarning'];
  const startedAtMs = performance.now();
  const service = startChild({
    file: process.execPath,
    args: [...node, CLI, 'run', '-c', join(work, 'coalmine.yaml'), '--log-level', 'warn'],
    logFile: join(work, 'coalmine.log'),
  });
  await untilServed(service, places);
  const startS = (performance.now() - startedAtMs) / 1000;
  const feed = {
    brokers: places.brokers.join(','),
    registry: places.registryUrl,
    models: values.models,
    rate: values.rate,
    topics: places.topics,
  };
  const producer = startChild({
    file: process.execPath,
    args: [...node, PRODUCER, ...Object.entries(feed).map(([name, value]) => `--${name}=${value}`)],
    logFile: join(work, 'producer.log'),
  });
  await pause(WARM_UP_S * 1000);
  const begin = await look(service, places);
  tell(`after ${WARM_UP_S} s: ${JSON.stringify(begin)}`);
  await pause(Number(values.seconds) * 1000);
  const end = await look(service, places);
  tell(`after ${values.seconds} s more: ${JSON.stringify(end)}`);
  await producer.end();
  tell(`the producer: ${producer.output().trim()}`);
  await pause(SETTLE_S * 1000);
  const quiet = await look(service, places);
  await pause(IDLE_S * 1000);
  const idle = await look(service, places);
  tell(`quiet: ${JSON.stringify(quiet)}, ${IDLE_S} s later: ${JSON.stringify(idle)}`);
  await service.end();
  return section({ begin, end, quiet, idle, startS });
}

interface Looks {
  readonly begin: Look;
  readonly end: Look;
  readonly quiet: Look;
  readonly idle: Look;
  readonly startS: number;
}

function section({ begin, end, quiet, idle, startS }: Looks): string {
  const seconds = Number(values.seconds);
  const number = (value: number, digits = 0): string =>
    value.toLocaleString('en-US', { maximumFractionDigits: digits });
  const rows: readonly (readonly [string, string])[] = [
    ['predictions read', `${number((end.records - begin.records) / seconds)} per s`],
    ['CPU of the service', `${number((end.cpuS - begin.cpuS) / seconds, 2)} cores`],
    ['memory (RSS) at the end, peak', `${number(end.rssMb)} MB, ${number(end.peakRssMb)} MB`],
    ['lag at the end', `${number(end.lag)} records`],
    ['verdicts in that time', number(end.verdicts - begin.verdicts)],
    ['age of the oldest watermark at the end', `${number(end.watermarkAgeS, 1)} s`],
    ['data folder at the end', `${number(end.diskMb)} MB`],
    ['its growth', `${number(((end.diskMb - begin.diskMb) * 60) / seconds, 1)} MB per minute`],
    ['start, until every member has its share', `${number(startS, 1)} s`],
    ['producer stopped: CPU', `${number((idle.cpuS - quiet.cpuS) / IDLE_S, 3)} cores`],
    ['producer stopped: memory', `${number(idle.rssMb)} MB`],
    ['producer stopped: lag', `${number(idle.lag)} records`],
  ];
  const date = new Date().toISOString().slice(0, 10);
  const command = `npm run bench:thirty -- --models ${values.models} --rate ${values.rate} --seconds ${values.seconds} --topics ${values.topics}`;
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores, Node ${process.versions.node}`;
  const lines = [
    `${values.models} rollouts of ${values.models} models in one process (\`coalmine run\`), ${values.rate} requests/s each, every one`,
    `answered by both versions, windows of a minute, ${PARTITIONS} partitions, ${values.topics === 'own' ? 'two topics for each model' : 'two topics for all models'}. ${seconds} s after`,
    `${WARM_UP_S} s of warm-up, ${date}, ${machine}; broker, registry and producer`,
    `on the same machine. \`${command}\``,
    '',
    '| what | measured |',
    '|---|---|',
    ...rows.map(([what, value]) => `| ${what} | ${value} |`),
  ];
  const name = values.topics === 'own' ? 'thirty' : 'thirty-shared';
  return asSection(lines.join('\n'), name);
}

await rm(work, { recursive: true, force: true });
await mkdir(work, { recursive: true });
const java = findJava(process.env);
const signal = AbortSignal.timeout(START_MS_MAX);
const jars = await fetchJars({ folder: join('.cache', 'infra', 'jars'), say: tell, signal });
const ports = {
  kafka: await freePort(),
  controller: await freePort(),
  registry: await freePort(),
};
const stack = await startStack({ folder: work, ports, java, jars }, signal);
try {
  const text = await measure(stack);
  tell(text);
  const report = await readFile(values.report, 'utf8').catch(() => '');
  const name = values.topics === 'own' ? 'thirty' : 'thirty-shared';
  if (report !== '') await writeFile(values.report, withSection(report, text, name));
} finally {
  await stopStack(work, stack);
}
