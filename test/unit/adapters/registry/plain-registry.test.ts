import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainRegistry } from '../../../../src/adapters/registry/plain-registry.ts';

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly body: string;
}

let server: Server;
let url = '';
let asked: Asked[] = [];
let answer: { readonly status: number; readonly body: string } = { status: 200, body: '{}' };

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request.setEncoding('utf8')) text += String(part);
  return text;
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  asked.push({ method: request.method, url: request.url, body: await textOf(request) });
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(answer.body);
}

function answers(status: number, body: unknown): void {
  asked = [];
  answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

beforeAll(async () => {
  server = createServer((request, response) => {
    void respond(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  url = `http://127.0.0.1:${port}/apis/ccompat/v7/`;
});

afterAll(() => {
  server.close();
});

describe('a registry by its address', () => {
  it('registers a schema under a subject', async () => {
    answers(200, { id: 7 });
    expect(await plainRegistry(url).idOf('a/b-value', '"string"')).toBe(7);
    const path = '/apis/ccompat/v7/subjects/a%2Fb-value/versions';
    expect(asked).toEqual([{ method: 'POST', url: path, body: '{"schema":"\\"string\\""}' }]);
  });

  it('hands on why a schema is refused', async () => {
    answers(409, { error_code: 409, message: 'incompatible: a field has no default' });
    await expect(plainRegistry(url).idOf('a-value', '"int"')).rejects.toMatchObject({
      code: 'registry_refused',
      hints: ['HTTP 409: incompatible: a field has no default', expect.any(String)],
    });
  });

  it('gives a schema by its id', async () => {
    answers(200, { schema: '"int"' });
    expect(await plainRegistry(url).schemaOf(7)).toEqual({
      kind: 'avro',
      text: '"int"',
      named: [],
    });
    expect(asked).toMatchObject([{ method: 'GET', url: '/apis/ccompat/v7/schemas/ids/7' }]);
  });

  it.each([
    [404, { message: 'not found' }, 'the registry has no schema 7'],
    [200, { schema: '{}', schemaType: 'JSON' }, 'schema 7 is none of Avro'],
  ])('has no Avro schema of an id when it answers %d', async (status, body, detail) => {
    answers(status, body);
    expect(await plainRegistry(url).schemaOf(7)).toEqual({ kind: 'unknown', detail });
  });

  it.each([
    [500, '{}', 'registry_unavailable'],
    [401, 'who are you?', 'registry_refused'],
  ])('tells what waiting helps against from what it does not (%d)', async (status, body, code) => {
    answers(status, body);
    await expect(plainRegistry(url).schemaOf(7)).rejects.toMatchObject({ code });
  });

  it('is unavailable where nobody listens', async () => {
    const registry = plainRegistry('http://127.0.0.1:1');
    await expect(registry.idOf('a', '"int"')).rejects.toMatchObject({
      code: 'registry_unavailable',
      retryable: true,
    });
  });
});
