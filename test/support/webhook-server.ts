import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { text } from 'node:stream/consumers';

export interface Received {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface WebhookServer {
  readonly url: string;
  readonly received: readonly Received[];
  readonly close: () => Promise<void>;
}

/** A receiver of webhooks on this machine; `answer` is told the number of the request, from 1. */
export async function webhookServer(
  answer: (response: ServerResponse, number: number) => void = (response) => {
    response.writeHead(204).end();
  },
): Promise<WebhookServer> {
  const received: Received[] = [];
  const server = createServer();
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    received.push({ method: request.method ?? '', headers: request.headers, body });
    answer(response, received.length);
  };
  server.on('request', (request, response) => {
    receive(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/hook?token=t0k3n`,
    received,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((closed) => {
        server.close(() => closed());
      });
    },
  };
}
