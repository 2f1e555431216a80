import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Identity } from './certificates.ts';

/** A client that may have tokens. */
export interface TokenClient {
  readonly secret: string;
  readonly lifeS: number;
  /** Its tokens are signed with a key that nobody knows. */
  readonly isForged?: true;
}

export interface TokenServer {
  /** Where tokens are had, over TLS and in the clear. */
  readonly httpsUrl: string;
  readonly httpUrl: string;
  /** Where the broker finds the keys. */
  readonly keysUrl: string;
  /** Tokens that were given out, by client. */
  readonly given: ReadonlyMap<string, readonly string[]>;
  /** While it is away it has no tokens for anybody. */
  setAway(isAway: boolean): void;
  close(): Promise<void>;
}

export const AUDIENCE = 'kafka';
const KEY_ID = 'one';

/** Gives signed tokens for client credentials (RFC 6749, 4.4), and has the keys to verify them. */
export async function tokenServer(
  clients: Readonly<Record<string, TokenClient>>,
  identity: Identity,
): Promise<TokenServer> {
  const signer = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = signer.publicKey.export({ format: 'jwk' });
  const keys = { keys: [{ ...jwk, kid: KEY_ID, use: 'sig', alg: 'RS256' }] };
  const given = new Map<string, string[]>();
  let isAway = false;
  const answer = async (request: IncomingMessage): Promise<readonly [number, unknown]> => {
    if (request.url === '/keys') return [200, keys];
    if (isAway) return [503, { error: 'temporarily_unavailable' }];
    const id = clientOf(request, clients);
    const form = new URLSearchParams(await text(request));
    if (form.get('grant_type') !== 'client_credentials') return [400, { error: 'invalid_request' }];
    const client = id === null ? undefined : clients[id];
    if (id === null || client === undefined) return [401, { error: 'invalid_client' }];
    const key = client.isForged === true ? stranger.privateKey : signer.privateKey;
    const token = signedToken({ sub: id, scope: form.get('scope') ?? 'kafka' }, client.lifeS, key);
    given.set(id, [...(given.get(id) ?? []), token]);
    return [200, { access_token: token, token_type: 'Bearer', expires_in: client.lifeS }];
  };
  const respond = async (request: IncomingMessage, response: ServerResponse) => {
    const [status, body] = await answer(request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    void respond(request, response);
  };
  const plain = createServer(listener);
  const secure = createTlsServer(identity, listener);
  const [httpPort, httpsPort] = [await listening(plain), await listening(secure)];
  return {
    httpsUrl: `https://localhost:${httpsPort}/token`,
    httpUrl: `http://127.0.0.1:${httpPort}/token`,
    keysUrl: `http://127.0.0.1:${httpPort}/keys`,
    given,
    setAway: (now) => {
      isAway = now;
    },
    close: async () => {
      for (const server of [plain, secure]) {
        server.closeAllConnections();
        await new Promise((resolve) => {
          server.close(resolve);
        });
      }
    },
  };
}

/** The port that a server has got. */
export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** The client that the Authorization header names with its secret. */
function clientOf(
  { headers }: IncomingMessage,
  clients: Readonly<Record<string, TokenClient>>,
): string | null {
  const found = Object.entries(clients).find(([id, { secret }]) => {
    const credentials = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
    return headers.authorization === `Basic ${Buffer.from(credentials).toString('base64')}`;
  });
  return found?.[0] ?? null;
}

/** A JWT (RFC 7519) signed by RS256. */
function signedToken(
  claims: Readonly<Record<string, string>>,
  lifeS: number,
  key: KeyObject,
): string {
  const nowS = Date.now() / 1_000;
  const parts = [
    { alg: 'RS256', typ: 'JWT', kid: KEY_ID },
    { ...claims, aud: AUDIENCE, iat: nowS, exp: nowS + lifeS },
  ];
  const body = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const signature = sign('sha256', Buffer.from(body.join('.')), key).toString('base64url');
  return [...body, signature].join('.');
}
