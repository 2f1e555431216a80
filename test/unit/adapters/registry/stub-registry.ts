import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a stub answers to one path: a status and a body, `hang` for nothing at all. */
export type StubAnswer = readonly [status: number, body: unknown] | 'hang';

/** A registry that says what a test tells it, and remembers what it was asked. */
export interface StubRegistry {
  readonly url: string;
  readonly asked: { readonly line: string; readonly headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/** Answers by `METHOD /path`, each a list that is gone through; its last answer stays. */
export async function stubRegistry(
  answers: Readonly<Record<string, readonly StubAnswer[]>>,
): Promise<StubRegistry> {
  const asked: StubRegistry['asked'] = [];
  const server = createServer((request, response) => {
    const line = `${request.method} ${request.url}`;
    const list = answers[line.replace(/\?.*$/, '')] ?? [];
    const earlier = asked.filter((one) => one.line === line).length;
    asked.push({ line, headers: request.headers });
    const answer = list[Math.min(earlier, list.length - 1)] ?? NOT_FOUND;
    request.resume();
    if (answer === 'hang') return;
    const [status, body] = answer;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

/** As Confluent says that there is no such id. */
export const NOT_FOUND: StubAnswer = [404, { error_code: 40_403, message: 'Schema not found' }];
