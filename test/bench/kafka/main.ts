import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fetchJars } from '../../../infra/local/jars.ts';
import { freePort } from '../../../infra/local/ports.ts';
import { type Run as Stack, startStack, stopStack } from '../../../infra/local/stack.ts';
import { findJava } from '../../../infra/local/tools.ts';
import { hasVerb, runCoalmine } from './coalmine.ts';
import { TOPICS } from './coalmine-files.ts';
import { runCount } from './count.ts';
import { expectedTotals } from './expected.ts';
import { buildPeer, generate, type Peer, registerPeerSchema, runPeer } from './peer.ts';
import { kafkaSection } from './report.ts';
import { PROGRAMS, type Program, type Round, type Run } from './run.ts';
import { withSection } from './section.ts';

/** `npm run bench:kafka -- --peer FOLDER`: the built package beside a Kafka Streams program; writes docs/benchmarks.md. */

const { values } = parseArgs({
  options: {
    peer: { type: 'string' },
    n: { type: 'string', default: '500000' },
    'span-ms': { type: 'string' },
    seed: { type: 'string', default: '42' },
    partitions: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    verb: { type: 'string', default: 'join' },
    only: { type: 'string', default: PROGRAMS.join(',') },
    folder: { type: 'string', default: join('.cache', 'bench-kafka') },
    report: { type: 'string', default: join('docs', 'benchmarks.md') },
  },
});

const START_MS_MAX = 600_000;
/** Requests per ms of event time: what is open in a join follows from it, so other sizes keep it. */
const REQUESTS_PER_MS = 500_000 / 3_000_000;

const source = values.peer;
if (source === undefined)
  throw new Error('--peer FOLDER: the sources of the Kafka Streams program');
const requestCount = Number(values.n);
const model = {
  requestCount,
  seed: Number(values.seed),
  unmatchedShare: 0.005,
  spanMs: Number(values['span-ms'] ?? Math.round(requestCount / REQUESTS_PER_MS)),
  partitionCount: Number(values.partitions),
};
const folder = resolve(values.folder);
const work = join(folder, 'work');
const command = `npm run bench:kafka -- --peer FOLDER --n ${values.n} --rounds ${values.rounds} --verb ${values.verb}`;

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function startBroker(java: string): Promise<Stack> {
  const signal = AbortSignal.timeout(START_MS_MAX);
  const jars = await fetchJars({ folder: join('.cache', 'infra', 'jars'), say: tell, signal });
  const ports = {
    kafka: await freePort(),
    controller: await freePort(),
    registry: await freePort(),
  };
  return startStack({ folder: work, ports, java, jars }, signal);
}

async function measure(peer: Peer, stack: Stack): Promise<void> {
  const expected = expectedTotals(model);
  tell(`generating ${requestCount} requests: ${JSON.stringify(expected)}`);
  await generate(peer);
  const { brokers, registryUrl } = stack;
  const leftOut = whyLeftOut();
  const run: Record<Program, (name: string) => Promise<Run>> = {
    peer: (name) => runPeer(peer, expected, name),
    coalmine: async (name) => {
      const httpPort = await freePort();
      const place = { brokers, registryUrl, name, httpPort, verb: values.verb };
      return runCoalmine({ ...place, folder: join(work, name) }, expected);
    },
    count: (name) => {
      const logFile = join(work, 'count.log');
      const topics = Object.values(TOPICS);
      return runCount({ brokers, topics, groupId: `bench.${name}`, logFile }, expected);
    },
  };
  const programs = PROGRAMS.filter((program) => leftOut[program] === undefined);
  const rounds: Round[] = [];
  for (let number = 1; number <= Number(values.rounds); number++) {
    const round: Partial<Record<Program, Run>> = {};
    // Each program comes first in turn.
    const first = number % programs.length;
    for (const program of [...programs.slice(first), ...programs.slice(0, first)]) {
      const measured = await run[program](`${program}-${number}`);
      tell(`round ${number}, ${program}: ${JSON.stringify(measured)}`);
      round[program] = measured;
    }
    rounds.push(round);
  }
  const date = new Date().toISOString().slice(0, 10);
  const measured = { command, date, model, verb: values.verb, expected, rounds, leftOut };
  const section = kafkaSection(measured);
  tell(section);
  const text = await readFile(values.report, 'utf8').catch(() => '');
  await writeFile(values.report, withSection(text, section));
  if (rounds.some((round) => Object.values(round).some(({ isExact }) => !isExact))) {
    throw new Error('the totals of a run are not those of the seed');
  }
}

function whyLeftOut(): Partial<Record<Program, string>> {
  const wanted = values.only.split(',');
  const leftOut: Partial<Record<Program, string>> = {};
  for (const program of PROGRAMS) {
    if (!wanted.includes(program)) leftOut[program] = 'it was not asked for';
  }
  if (!hasVerb(values.verb)) leftOut.coalmine = `this build has no verb ${values.verb}`;
  return leftOut;
}

await rm(work, { recursive: true, force: true });
await mkdir(work, { recursive: true });
const java = findJava(process.env);
tell(`building ${source}`);
const build = join(folder, 'peer');
await buildPeer(source, build);
const stack = await startBroker(java);
try {
  const schemaId = await registerPeerSchema(source, stack.registryUrl);
  const { brokers } = stack;
  await measure({ java, source, build, work, brokers, schemaId, model }, stack);
} finally {
  await stopStack(work, stack);
}
