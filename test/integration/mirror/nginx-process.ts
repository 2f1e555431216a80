import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const INFRA = fileURLToPath(new URL('../../../infra', import.meta.url));

/** A config as it is, but for the places in it that are others in a test. */
export interface NginxConfig {
  /** Below `infra`. */
  readonly file: string;
  /** What it listens on, as it is written. */
  readonly listen: string;
  /** Other texts, by what is written. */
  readonly places: Readonly<Record<string, string>>;
}

export interface Nginx {
  readonly url: string;
  /** Warnings and errors that it wrote. */
  readonly errors: () => string;
  stop(): Promise<void>;
}

/** Runs a config on a free port, as a process of this user. */
export async function startNginx(program: string, config: NginxConfig): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'coalmine-nginx-'));
  mkdirSync(join(folder, 'tmp'));
  const listen = `127.0.0.1:${await freePort()}`;
  writeFileSync(join(folder, 'nginx.conf'), textOf(listen, config));
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

function textOf(listen: string, { file, listen: written, places }: NginxConfig): string {
  let text = readFileSync(join(INFRA, file), 'utf8');
  for (const [place, actual] of Object.entries({ [written]: `listen ${listen};`, ...places })) {
    if (!text.includes(place)) throw new Error(`${file} has no ${place}`);
    text = text.replaceAll(place, actual);
  }
  return text;
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
