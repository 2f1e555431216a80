import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { CoalmineError } from '../core/foundation/error.ts';

/** A server that answers. */
export interface Listening {
  /** Where it listens: with port 0, the one that was free. */
  readonly url: string;
  /** Takes no new request, ends the ones that run, and gives the port back. */
  close(): Promise<void>;
}

/**
 * Serves an app.
 *
 * @throws CoalmineError `config_invalid` when the address cannot be listened on
 */
export async function listen(
  app: Pick<Hono, 'fetch'>,
  at: { readonly host: string; readonly port: number },
): Promise<Listening> {
  let isClosing = false;
  const server = createAdaptorServer({
    async fetch(request, environment) {
      const response = await app.fetch(request, environment);
      // Else a client that keeps its connection would hold up the end.
      if (isClosing) response.headers.set('connection', 'close');
      return response;
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new CoalmineError('config_invalid', `cannot listen on ${at.host}:${at.port}`, {
          cause,
          hints: [
            cause.code === 'EADDRINUSE' ? 'the port is in use: change http.port' : cause.message,
          ],
        }),
      );
    });
    server.listen(at.port, at.host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : at.port;
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  return {
    url: `http://${host}:${port}`,
    async close() {
      isClosing = true;
      await new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
      });
    },
  };
}
