import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainRegistry } from '../../../../src/adapters/registry/plain-registry.ts';

let server: Server;
let url = '';
let shown: (string | undefined)[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    shown.push(request.headers.authorization);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ schema: '"int"' }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
});

describe('a registry by plain values', () => {
  it.each([
    ['nothing', undefined, undefined],
    ['a name and a password', { username: 'ann', password: 'pw' }, 'Basic YW5uOnB3'],
    ['a token', { token: 'abc' }, 'Bearer abc'],
  ])('is shown %s', async (_name, login, header) => {
    shown = [];
    const known = await plainRegistry(url, login).schemaOf(7);
    expect(known).toMatchObject({ kind: 'avro', text: '"int"' });
    expect(shown).toEqual([header]);
  });
});
