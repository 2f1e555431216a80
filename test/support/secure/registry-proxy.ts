import { type IncomingMessage, request as requestOf, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Identity } from './certificates.ts';
import { listening } from './token-server.ts';

export interface RegistryProxy {
  readonly url: string;
  close(): Promise<void>;
}

export interface RegistryProxyOptions {
  readonly registryUrl: string;
  readonly identity: Identity;
  /** The values of the Authorization header that are let in. */
  readonly accepted: readonly string[];
}

/** Stands before a registry that knows neither TLS nor logins. */
export async function registryProxy(options: RegistryProxyOptions): Promise<RegistryProxy> {
  const target = new URL(options.registryUrl);
  const server = createServer(options.identity, (request, response) => {
    if (options.accepted.includes(request.headers.authorization ?? ''))
      forward(target, request, response);
    else refuse(response);
  });
  const port = await listening(server);
  return {
    url: `https://localhost:${port}${target.pathname}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function forward(target: URL, request: IncomingMessage, response: ServerResponse): void {
  const { authorization: _ours, host: _own, ...headers } = request.headers;
  const { method, url: path } = request;
  const { hostname, port } = target;
  const onward = requestOf({ hostname, port, method, path: path ?? '/', headers });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => {
    response.writeHead(502).end();
  });
  request.pipe(onward);
}

function refuse(response: ServerResponse): void {
  response.writeHead(401, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error_code: 401, message: 'who are you?' }));
}
