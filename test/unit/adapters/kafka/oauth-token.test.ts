import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { tokenProvider } from '../../../../src/adapters/kafka/oauth-token.ts';
import { newAuthority } from '../../../support/secure/certificates.ts';
import { secretOf } from './settings-of.ts';

interface Asked {
  readonly authorization: string | undefined;
  readonly form: string;
}

async function withServer(
  answers: readonly { readonly status: number; readonly body: unknown }[],
  use: (tokenUrl: string, asked: readonly Asked[]) => Promise<void>,
): Promise<void> {
  const asked: Asked[] = [];
  const server = createServer();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const form = await text(request);
    const { status, body } = answers[asked.length] ?? { status: 500, body: null };
    asked.push({ authorization: request.headers.authorization, form });
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  try {
    await use(`http://127.0.0.1:${port}/token`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const settingsFor = (tokenUrl: string) =>
  ({
    mechanism: 'oauthbearer',
    tokenUrl,
    clientId: 'me',
    clientSecret: secretOf('hush'),
    scope: 'kafka',
  }) as const;

describe('tokens by client credentials', () => {
  test('are asked for once, and again before they expire', async () => {
    const answers = ['one', 'two'].map((access_token) => ({
      status: 200,
      body: { access_token, expires_in: 100 },
    }));
    await withServer(answers, async (tokenUrl, asked) => {
      let nowMs = 0;
      const provide = tokenProvider(settingsFor(tokenUrl), () => nowMs);
      expect(await Promise.all([provide(), provide()])).toEqual([
        { value: 'one' },
        { value: 'one' },
      ]);
      nowMs = 79_999;
      expect(await provide()).toEqual({ value: 'one' });
      nowMs = 80_000;
      expect(await provide()).toEqual({ value: 'two' });
      expect(asked).toHaveLength(2);
      expect(asked[0]).toEqual({
        authorization: `Basic ${Buffer.from('me:hush').toString('base64')}`,
        form: 'grant_type=client_credentials&scope=kafka',
      });
    });
  });

  test('that are refused are an error which names the server and not the secret', async () => {
    await withServer([{ status: 401, body: { error: 'hush' } }], async (tokenUrl) => {
      const provide = tokenProvider(settingsFor(tokenUrl), () => 0);
      await expect(provide()).rejects.toMatchObject({
        code: 'broker_refused',
        message: `no token from ${tokenUrl}: it answers 401`,
      });
    });
  });

  test('do not come from an answer without one', async () => {
    await withServer([{ status: 200, body: { token: 'x' } }], async (tokenUrl) => {
      await expect(tokenProvider(settingsFor(tokenUrl), () => 0)()).rejects.toMatchObject({
        code: 'broker_refused',
        message: `no token from ${tokenUrl}: the answer has no access_token`,
      });
    });
  });

  test('of a server that is not there can be waited for', async () => {
    const provide = tokenProvider(settingsFor('http://127.0.0.1:1/token'), () => 0);
    await expect(provide()).rejects.toMatchObject({ code: 'broker_unavailable' });
  });

  const given = (access_token: string, expires_in: number) => ({
    status: 200,
    body: { access_token, expires_in },
  });

  test('last as long as a login with them can, while the server is away', async () => {
    const away = { status: 503, body: null };
    await withServer([given('one', 100), away, away], async (tokenUrl) => {
      let nowMs = 0;
      const provide = tokenProvider(settingsFor(tokenUrl), () => nowMs);
      await provide();
      nowMs = 96_999;
      expect(await provide()).toEqual({ value: 'one' });
      nowMs = 97_000;
      await expect(provide()).rejects.toMatchObject({
        code: 'broker_unavailable',
        message: `no token from ${tokenUrl}: it answers 503`,
      });
    });
  });

  test('that live for seconds are asked for while a login with them still lasts', async () => {
    await withServer([given('one', 5), given('two', 5)], async (tokenUrl) => {
      let nowMs = 0;
      const provide = tokenProvider(settingsFor(tokenUrl), () => nowMs);
      await provide();
      nowMs = 1_999;
      expect(await provide()).toEqual({ value: 'one' });
      nowMs = 2_000;
      expect(await provide()).toEqual({ value: 'two' });
    });
  });

  test('are not kept when the server takes this client no more', async () => {
    await withServer([given('one', 100), { status: 400, body: null }], async (tokenUrl) => {
      let nowMs = 0;
      const provide = tokenProvider(settingsFor(tokenUrl), () => nowMs);
      await provide();
      nowMs = 90_000;
      await expect(provide()).rejects.toMatchObject({ code: 'broker_refused' });
    });
  });

  test.each([429, 500])('are waited for when the server answers %i', async (status) => {
    await withServer([{ status, body: null }], async (tokenUrl) => {
      await expect(tokenProvider(settingsFor(tokenUrl), () => 0)()).rejects.toMatchObject({
        code: 'broker_unavailable',
      });
    });
  });

  test('do not come from an answer that is no JSON', async () => {
    const server = createServer((_request, response) => response.end('<html>'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
    await expect(tokenProvider(settingsFor(tokenUrl), () => 0)()).rejects.toMatchObject({
      code: 'broker_refused',
      message: `no token from ${tokenUrl}: the answer has no access_token`,
    });
    server.close();
  });

  test('do not come from a server whose authority nobody knows, and waiting does not help', async () => {
    const identity = newAuthority('an authority').issue('login', ['localhost']);
    const server = createTls(identity);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const tokenUrl = `https://localhost:${(server.address() as AddressInfo).port}/token`;
    await expect(tokenProvider(settingsFor(tokenUrl), () => 0)()).rejects.toMatchObject({
      code: 'broker_refused',
      message: `no token from ${tokenUrl}: no TLS (unable to verify the first certificate)`,
      hints: [expect.stringContaining('NODE_EXTRA_CA_CERTS')],
    });
    server.close();
  });
});
