import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';

/** A request as a model server got it. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ModelServer {
  readonly address: string;
  readonly received: Received[];
  /** How the next requests are answered. */
  readonly behave: { status: number; delayMs: number };
  /** Resolves when so many requests were received. */
  until(count: number): Promise<void>;
  stop(): Promise<void>;
}

/** A model server of a few lines: it answers with its name and keeps what it was asked. */
export async function startModelServer(name: string): Promise<ModelServer> {
  const received: Received[] = [];
  const behave = { status: 200, delayMs: 0 };
  let told: () => void = () => {};
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body });
      told();
      setTimeout(() => {
        response.writeHead(behave.status, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ by: name }));
      }, behave.delayMs);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    address: `127.0.0.1:${address.port}`,
    received,
    behave,
    async until(count) {
      while (received.length < count) {
        await new Promise<void>((resolve) => {
          told = resolve;
        });
      }
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
