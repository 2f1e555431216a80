import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { modelCaller } from '../../../../src/adapters/http/model-caller.ts';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function answering(listener: RequestListener, timeoutMs = 5_000) {
  server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}/score`;
  const caller = modelCaller({ url, method: 'POST', timeoutMs });
  return async () => await caller.call({ headers: { 'x-request-id': 'r-1' }, body: '{"a":1}' });
}

describe('asking a model server over HTTP', () => {
  it('sends body and headers, and gives back JSON with the time it took', async () => {
    const call = await answering((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => {
        body += part.toString();
      });
      request.on('end', () => {
        const { method, url, headers } = request;
        response.end(JSON.stringify({ method, url, body, id: headers['x-request-id'] }));
      });
    });
    const answer = await call();
    expect(answer).toMatchObject({
      kind: 'answered',
      body: { method: 'POST', url: '/score', body: '{"a":1}', id: 'r-1' },
    });
    expect(answer.kind === 'answered' && answer.latencyMs > 0).toBe(true);
  });

  it.each([
    [500, true],
    [503, true],
    [429, true],
    [408, true],
    [400, false],
    [422, false],
  ])('calls %i a failure, and says whether it may pass', async (status, isPassing) => {
    const call = await answering((_, response) => response.writeHead(status).end('no'));
    expect(await call()).toMatchObject({ kind: 'failed', error: `http_${status}`, isPassing });
  });

  it.each([401, 403, 404, 405, 302])('calls %i a refusal, with what was said', async (status) => {
    const call = await answering((_, response) => response.writeHead(status).end(' not you \n'));
    expect(await call()).toEqual({ kind: 'refused', detail: `${status}: not you` });
  });

  it('names where it was sent to instead', async () => {
    const call = await answering((_, response) =>
      response.writeHead(301, { location: 'http://x/' }).end(),
    );
    expect(await call()).toEqual({ kind: 'refused', detail: '301, moved to http://x/' });
  });

  it.each([
    ['7', 7_000],
    ['soon', null],
    ['Thu, 01 Jan 1970 00:00:00 GMT', null],
  ])('reads Retry-After %s', async (text, retryAfterMs) => {
    const call = await answering((_, response) =>
      response.writeHead(429, { 'retry-after': text }).end(),
    );
    expect(await call()).toMatchObject({ retryAfterMs });
  });

  it.each(['', 'not json', '<html>'])('calls an answer of %j a bad one', async (text) => {
    const call = await answering((_, response) => response.end(text));
    expect(await call()).toMatchObject({ kind: 'failed', error: 'bad_answer', isPassing: false });
  });

  it('gives up on an answer that is endless', async () => {
    const call = await answering((_, response) => {
      response.write(Buffer.alloc(5 * 1024 * 1024, 32));
    });
    expect(await call()).toMatchObject({ kind: 'failed', error: 'bad_answer' });
  });

  it('stops waiting, also in the middle of an answer', async () => {
    const call = await answering((_, response) => {
      response.write('{');
    }, 50);
    expect(await call()).toMatchObject({ kind: 'failed', error: 'timeout', isPassing: true });
  });

  it('calls a connection that breaks, or is not taken, what it is', async () => {
    const call = await answering((request) => request.socket.destroy());
    expect(await call()).toMatchObject({ kind: 'failed', error: 'connection', isPassing: true });
    server?.close();
    expect(await call()).toMatchObject({ kind: 'failed', error: 'connection', isPassing: true });
  });
});
