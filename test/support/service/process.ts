import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

export type Verb = 'run' | 'join' | 'judge' | 'control';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of the service. */
export interface ServiceProcess {
  /** Resolves when its members are at work; rejects when it ends before. */
  readonly started: Promise<void>;
  readonly exited: Promise<Exit>;
  readonly isRunning: () => boolean;
  /** All that it said so far: one line on stdout, its log on stderr. */
  readonly said: () => string;
  /** Sends a signal; true when there is a process. */
  readonly signal: (signal: NodeJS.Signals) => boolean;
  /** Ends it at once. */
  readonly kill: () => Promise<void>;
  /** Ends it in order; rejects when it does not say that all went well. */
  readonly stop: () => Promise<void>;
}

/** Processes of all tests of a file, for its end. */
const alive = new Set<ServiceProcess>();

export async function killAll(): Promise<void> {
  await Promise.all([...alive].map(async (one) => await one.kill()));
}

/** Starts the command line from source, as `coalmine VERB -c FILE`. */
export function startService(
  verb: Verb,
  config: string,
  given: {
    readonly env?: Readonly<Record<string, string>>;
    /** A program in front, such as one that sets limits. */
    readonly under?: readonly string[];
  } = {},
): ServiceProcess {
  const node = [process.execPath, '--disable-warning=TimeoutNegativeWarning', MAIN];
  const [program, ...args] = [...(given.under ?? []), ...node, verb, '-c', config];
  const child = spawn(program ?? '', args, {
    env: { ...process.env, COALMINE_LOG: 'info', NODE_OPTIONS: '', ...given.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let isRunning = true;
  const started = Promise.withResolvers<void>();
  started.promise.catch(() => undefined);
  const exited = Promise.withResolvers<Exit>();
  const hear = (text: string): void => {
    said += text;
    if (said.includes(`coalmine ${verb}: `)) started.resolve();
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  child.on('error', exited.reject);
  child.on('close', (code, signal) => {
    isRunning = false;
    alive.delete(service);
    started.reject(
      new Error(`ended with ${code ?? signal} before it began:\n${said.slice(-4_000)}`),
    );
    exited.resolve({ code, signal });
  });
  const service: ServiceProcess = {
    started: started.promise,
    exited: exited.promise,
    isRunning: () => isRunning,
    said: () => said,
    signal: (signal) => child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await exited.promise;
    },
    async stop() {
      child.kill('SIGTERM');
      const { code, signal } = await exited.promise;
      if (code !== 0) throw new Error(`ended with ${code ?? signal}:\n${said.slice(-4_000)}`);
    },
  };
  alive.add(service);
  return service;
}
