import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError } from './infra-error.ts';
import { fetchJars } from './jars.ts';
import { freePort, portOr, requireFree } from './ports.ts';
import { isRunning } from './service.ts';
import {
  type Ports,
  type Run,
  readRun,
  runFile,
  servicesOf,
  startStack,
  stopStack,
} from './stack.ts';
import { findJava } from './tools.ts';

export interface Up {
  readonly folder: string;
  readonly jarsFolder: string;
  readonly fresh: boolean;
  /** What the user asked for: null leaves the choice here, 0 is any. */
  readonly ports: { readonly kafka: number | null; readonly registry: number | null };
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const KAFKA_PORT = 9092;
const REGISTRY_PORT = 8081;

/** Starts what is not running; a second call says what runs. */
export async function up(options: Up): Promise<void> {
  const { folder, jarsFolder, fresh, say, signal } = options;
  await mkdir(folder, { recursive: true });
  await holding(join(folder, 'up.lock'), async () => {
    if (await runsAlready(folder, options)) return;
    const java = findJava(process.env);
    const jars = await fetchJars({ folder: jarsFolder, say, signal });
    if (fresh) await rm(join(folder, 'data'), { recursive: true, force: true });
    const ports = await choosePorts(options.ports);
    say('starting broker and registry');
    const run = await startStack({ folder, ports, java, jars }, signal);
    say(describe(folder, run));
  });
}

/** Ends what `up` started, and nothing else. */
export async function down({ folder, say }: Pick<Up, 'folder' | 'say'>): Promise<void> {
  const run = readRun(folder);
  const ended = run === null ? [] : await stopStack(folder, run);
  say(ended.length === 0 ? 'nothing was running' : `ended ${ended.join(' and ')}`);
}

async function runsAlready(folder: string, { fresh, say }: Up): Promise<boolean> {
  const run = readRun(folder);
  if (run === null) return false;
  if (Object.values(servicesOf(run)).every(isRunning)) {
    if (fresh) throw new InfraError('it runs already', ['npm run infra:down ends it']);
    say(`it runs already\n${describe(folder, run)}`);
    return true;
  }
  const ended = await stopStack(folder, run);
  if (ended.length > 0) say(`only half of it was running: ended ${ended.join(' and ')}`);
  return false;
}

async function choosePorts({ kafka, registry }: Up['ports']): Promise<Ports> {
  return {
    kafka: await choosePort(kafka, KAFKA_PORT),
    controller: await freePort(),
    registry: await choosePort(registry, REGISTRY_PORT),
  };
}

async function choosePort(asked: number | null, usual: number): Promise<number> {
  if (asked === null) return portOr(usual);
  return asked === 0 ? freePort() : requireFree(asked);
}

function describe(folder: string, run: Run): string {
  return [
    `brokers   ${run.brokers.join(',')}`,
    `registry  ${run.registryUrl}`,
    `data      ${run.dataDir}`,
    `all of it ${runFile(folder)}`,
  ].join('\n');
}

/** Two that start the same services at once would end up with one process too many. */
async function holding(lockFile: string, work: () => Promise<void>): Promise<void> {
  await takeLock(lockFile);
  try {
    await work();
  } finally {
    await rm(lockFile, { force: true });
  }
}

async function takeLock(lockFile: string): Promise<void> {
  for (;;) {
    try {
      const lock = await open(lockFile, 'wx');
      await lock.writeFile(String(process.pid));
      await lock.close();
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const owner = Number(await readFile(lockFile, 'utf8'));
    if (isAlive(owner)) {
      throw new InfraError(`another start is under way (pid ${owner})`, [
        `if it is not, delete ${lockFile}`,
      ]);
    }
    await rm(lockFile, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
