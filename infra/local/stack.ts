import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError } from './infra-error.ts';
import type { Jars } from './jars.ts';
import { kafkaReady, startKafka } from './kafka.ts';
import { registryReady, registryUrl, startRegistry } from './registry.ts';
import { isRunning, type Service, serviceOf, stopService } from './service.ts';

export type ServiceName = 'kafka' | 'registry';

export interface Ports {
  readonly kafka: number;
  readonly controller: number;
  readonly registry: number;
}

/** What runs, as it is written down for others: tests, tools, `down`. */
export interface Run {
  readonly brokers: readonly string[];
  readonly registryUrl: string;
  readonly pids: { readonly kafka: number; readonly registry: number };
  readonly ports: Ports;
  readonly dataDir: string;
}

/** What both services are started from. */
export interface Installed {
  readonly java: string;
  readonly jars: Jars;
}

export interface StackPlace extends Installed {
  /** Holds `run.json` and, in `data`, what the services keep. */
  readonly folder: string;
  readonly ports: Ports;
}

/** Starts broker and registry beside each other and waits until both answer; all or nothing. */
export async function startStack(place: StackPlace, signal: AbortSignal): Promise<Run> {
  const { ports } = place;
  const dataDir = join(place.folder, 'data');
  await mkdir(dataDir, { recursive: true });
  const started: Service[] = [];
  try {
    const kafka = await START.kafka(place, signal);
    started.push(kafka);
    const registry = await START.registry(place);
    started.push(registry);
    const run = {
      brokers: [`127.0.0.1:${ports.kafka}`],
      registryUrl: registryUrl(ports.registry),
      pids: { kafka: kafka.pid, registry: registry.pid },
      ports,
      dataDir,
    };
    // Before they answer: whoever comes after a crash of this process can still end them.
    await writeRun(place.folder, run);
    await Promise.all([READY.kafka(kafka, ports, signal), READY.registry(registry, ports, signal)]);
    return run;
  } catch (error) {
    await Promise.all(started.map(stopService));
    await rm(runFile(place.folder), { force: true });
    throw error;
  }
}

/** Starts one of both again, where its data and its port are, and writes its new pid down. */
export async function startAgain(
  name: ServiceName,
  place: StackPlace,
  signal: AbortSignal,
): Promise<void> {
  const service = await START[name](place, signal);
  const run = readRun(place.folder);
  if (run === null) throw new InfraError(`nothing was started in ${place.folder}`);
  await writeRun(place.folder, { ...run, pids: { ...run.pids, [name]: service.pid } });
  await READY[name](service, place.ports, signal);
}

const START = {
  kafka: ({ java, jars, folder, ports }: StackPlace, signal: AbortSignal) =>
    startKafka(
      {
        java,
        jars: jars.kafka,
        folder: join(folder, 'data'),
        port: ports.kafka,
        controllerPort: ports.controller,
      },
      signal,
    ),
  registry: ({ java, jars, folder, ports }: StackPlace) =>
    startRegistry({
      java,
      jars: jars.registry,
      folder: join(folder, 'data'),
      port: ports.registry,
    }),
};

const READY = {
  kafka: (service: Service, ports: Ports, signal: AbortSignal) =>
    kafkaReady(service, ports.kafka, signal),
  registry: (service: Service, ports: Ports, signal: AbortSignal) =>
    registryReady(service, registryUrl(ports.registry), signal),
};

export function servicesOf({ pids, dataDir }: Run): Record<ServiceName, Service> {
  return {
    kafka: serviceOf('kafka', dataDir, pids.kafka),
    registry: serviceOf('registry', dataDir, pids.registry),
  };
}

/** Ends what of the run is still alive, and tells what that was. */
export async function stopStack(folder: string, run: Run): Promise<string[]> {
  const services = Object.values(servicesOf(run)).filter(isRunning);
  await Promise.all(services.map(stopService));
  await rm(runFile(folder), { force: true });
  return services.map(({ name, pid }) => `${name} (pid ${pid})`);
}

export function runFile(folder: string): string {
  return join(folder, 'run.json');
}

export function readRun(folder: string): Run | null {
  if (!existsSync(runFile(folder))) return null;
  // Written by this program alone, and whole: see `writeRun`.
  return JSON.parse(readFileSync(runFile(folder), 'utf8')) as Run;
}

async function writeRun(folder: string, run: Run): Promise<void> {
  const begun = `${runFile(folder)}.${process.pid}`;
  await writeFile(begun, `${JSON.stringify(run, null, 2)}\n`);
  await rename(begun, runFile(folder));
}
