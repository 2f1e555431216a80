import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchJars } from '../../../infra/local/jars.ts';
import { freePort } from '../../../infra/local/ports.ts';
import { killService, signalService, stopService } from '../../../infra/local/service.ts';
import {
  type Installed,
  type Run,
  readRun,
  type ServiceName,
  servicesOf,
  startAgain,
  startStack,
  stopStack,
} from '../../../infra/local/stack.ts';
import { findJava } from '../../../infra/local/tools.ts';
import type { Faults, TestBroker } from './test-broker.ts';

/** Of all that tests start from jars. */
export const CACHE = fileURLToPath(new URL('../../../.cache/infra', import.meta.url));
const START_MS_MAX = 280_000;

/** Starts a broker and a registry of its own for this run, and returns the folder that they are in. */
export async function startJars(say: (line: string) => void): Promise<string> {
  await sweep();
  const signal = AbortSignal.timeout(START_MS_MAX);
  const folder = join(CACHE, `test-${process.pid}`);
  const ports = {
    kafka: await freePort(),
    controller: await freePort(),
    registry: await freePort(),
  };
  await startStack({ folder, ports, ...(await installed(say)) }, signal);
  return folder;
}

export async function endJars(folder: string): Promise<void> {
  const run = readRun(folder);
  if (run !== null) await stopStack(folder, run);
  await rm(folder, { recursive: true, force: true });
}

/** For a process that ends without its teardown: nothing here may wait. */
export function killJars(folder: string): void {
  const run = readRun(folder);
  if (run === null) return;
  for (const service of Object.values(servicesOf(run))) signalService(service, 'SIGKILL');
}

/** The services of earlier runs that were killed before they could end them. */
async function sweep(): Promise<void> {
  const names = await readdir(CACHE).catch(() => []);
  const left = names.filter((name) => /^test-\d+$/.test(name) && !isAlive(Number(name.slice(5))));
  for (const name of left) await endJars(join(CACHE, name));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function installed(say: (line: string) => void): Promise<Installed> {
  const java = findJava(process.env);
  const signal = AbortSignal.timeout(START_MS_MAX);
  return { java, jars: await fetchJars({ folder: join(CACHE, 'jars'), say, signal }) };
}

export function attachJars(folder: string): TestBroker {
  const { brokers, registryUrl } = runIn(folder);
  return {
    brokers,
    registryUrl,
    ...faultsOf('kafka', folder),
    registry: faultsOf('registry', folder),
  };
}

function runIn(folder: string): Run {
  const run = readRun(folder);
  if (run === null) throw new Error(`no broker was started in ${folder}`);
  return run;
}

/** The pid changes with every start: each fault asks who it is now. */
function faultsOf(name: ServiceName, folder: string): Faults {
  const service = () => servicesOf(runIn(folder))[name];
  return {
    stop: () => stopService(service()),
    kill: () => killService(service()),
    restart: async () => {
      await stopService(service());
      const place = { folder, ports: runIn(folder).ports, ...(await installed(() => {})) };
      await startAgain(name, place, AbortSignal.timeout(START_MS_MAX));
    },
    pause: async () => {
      signalService(service(), 'SIGSTOP');
    },
    resume: async () => {
      signalService(service(), 'SIGCONT');
    },
  };
}
