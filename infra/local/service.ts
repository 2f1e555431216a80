import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { InfraError } from './infra-error.ts';
import { lastLines } from './tools.ts';

/** A Java process that outlives the one that started it. */
export interface Service {
  readonly name: string;
  readonly pid: number;
  /** An argument of its command line that no other process has: pids are used again. */
  readonly mark: string;
  readonly logFile: string;
}

export interface ServiceCommand {
  readonly name: string;
  readonly java: string;
  readonly folder: string;
  readonly args: readonly string[];
}

const POLL_MS = 100;
const READY_MS_MAX = 120_000;
const STOP_MS_MAX = 20_000;
const LOG_LINES_SHOWN = 15;

/** The service of that name whose data are in that folder, running under that pid. */
export function serviceOf(name: string, folder: string, pid: number): Service {
  return {
    name,
    pid,
    mark: `-Dcoalmine.service=${name}:${folder}`,
    logFile: join(folder, `${name}.log`),
  };
}

export function startService({ name, java, folder, args }: ServiceCommand): Service {
  const { mark, logFile } = serviceOf(name, folder, 0);
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(java, [mark, ...args], { stdio: ['ignore', log, log], detached: true });
    if (child.pid === undefined) throw new InfraError(`${name} cannot be started: ${java}`);
    child.unref();
    return serviceOf(name, folder, child.pid);
  } finally {
    closeSync(log);
  }
}

/** Whether the process of that pid still is this service, and not another that got its number. */
export function isRunning({ pid, mark }: Service): boolean {
  return commandLineOf(pid).includes(mark);
}

function commandLineOf(pid: number): string {
  if (existsSync('/proc/self/cmdline')) {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    } catch {
      return '';
    }
  }
  const asked = spawnSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  return asked.stdout;
}

/** Asks until the service answers. Fails with the end of its log when it ends or takes too long. */
export async function waitUntilReady(
  service: Service,
  answers: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + READY_MS_MAX;
  while (!(await answers())) {
    signal.throwIfAborted();
    if (!isRunning(service)) throw failed(service, 'ended while starting');
    if (Date.now() > deadline) {
      throw failed(service, `did not answer within ${READY_MS_MAX / 1000} s`);
    }
    await pause(POLL_MS, undefined, { signal });
  }
}

function failed({ name, logFile }: Service, what: string): InfraError {
  return new InfraError(`${name} ${what}; the end of ${logFile}:`, [
    ...lastLines(readFileSync(logFile, 'utf8'), LOG_LINES_SHOWN),
  ]);
}

/** Ends the service in order, or by force when that takes too long. */
export async function stopService(service: Service): Promise<void> {
  signalService(service, 'SIGTERM');
  // A stopped process would only see the first signal once it goes on.
  signalService(service, 'SIGCONT');
  if (await hasEnded(service, STOP_MS_MAX)) return;
  await killService(service);
}

export async function killService(service: Service): Promise<void> {
  signalService(service, 'SIGKILL');
  if (await hasEnded(service, STOP_MS_MAX)) return;
  throw new InfraError(`${service.name} (pid ${service.pid}) does not end`);
}

/** Sends a signal to the service, and to no process that took over its pid. */
export function signalService(service: Service, signal: NodeJS.Signals): void {
  if (!isRunning(service)) return;
  try {
    process.kill(service.pid, signal);
  } catch (error) {
    // It ended between the look and the signal.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function hasEnded(service: Service, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isRunning(service)) {
    if (Date.now() > deadline) return false;
    await pause(POLL_MS);
  }
  return true;
}
