import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const RECIPE = fileURLToPath(new URL('../../../infra/mirror/nginx.conf', import.meta.url));

/** The addresses in the recipe, and what they are in a test. */
export interface Addresses {
  readonly current: string;
  readonly canary: string;
}

export interface Nginx {
  readonly url: string;
  /** Warnings and errors that it wrote. */
  readonly errors: () => string;
  stop(): Promise<void>;
}

/** Runs the recipe as it is but for its three addresses, as a process of this user. */
export async function startNginx(program: string, addresses: Addresses): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'coalmine-nginx-'));
  mkdirSync(join(folder, 'tmp'));
  const listen = `127.0.0.1:${await freePort()}`;
  writeFileSync(join(folder, 'nginx.conf'), configOf(listen, addresses));
  const args = ['-p', folder, '-c', 'nginx.conf', '-g', 'daemon off;'];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  await answering(listen, child, () => errors);
  return {
    url: `http://${listen}`,
    errors: () => errors,
    async stop() {
      child.kill('SIGQUIT');
      if (child.exitCode === null) await once(child, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configOf(listen: string, { current, canary }: Addresses): string {
  let config = readFileSync(RECIPE, 'utf8');
  const places = { '127.0.0.1:8088': listen, '127.0.0.1:9001': current, '127.0.0.1:9002': canary };
  for (const [written, actual] of Object.entries(places)) {
    if (!config.includes(written)) throw new Error(`the recipe has no ${written}`);
    config = config.replaceAll(written, actual);
  }
  return config;
}

async function answering(listen: string, child: ChildProcess, errors: () => string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${errors()}`);
    try {
      await fetch(`http://${listen}/`, { signal: AbortSignal.timeout(2_000) });
      return;
    } catch {
      await pause(50);
    }
  }
  throw new Error(`nginx does not answer: ${errors()}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
