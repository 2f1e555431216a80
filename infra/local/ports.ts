import { createServer } from 'node:net';
import { InfraError } from './infra-error.ts';

const HOST = '127.0.0.1';

/** Below the range from which kernels take the ports of outgoing connections. */
const FIRST_PORT = 15_000;
const LAST_PORT = 28_000;
const TRIES_MAX = 200;

/** The wanted port if nobody listens there, else any other free one on the loopback. */
export async function portOr(wanted: number): Promise<number> {
  return (await isFree(wanted)) ? wanted : freePort();
}

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (await isFree(port)) return port;
  }
  throw new InfraError(`no free port on ${HOST} between ${FIRST_PORT} and ${LAST_PORT}`);
}

export async function requireFree(port: number): Promise<number> {
  if (await isFree(port)) return port;
  throw new InfraError(`port ${port} on ${HOST} is in use`, ['give another one, or 0 for any']);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: HOST, exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
