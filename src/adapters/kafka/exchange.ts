import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { plainReason } from './refusals.ts';
import type { KafkaSettings } from './settings.ts';

export type ExchangeSettings = Pick<KafkaSettings, 'tls' | 'connectionTimeoutMs'>;

/** What came back to one request. */
export type Exchanged =
  | { readonly kind: 'answer'; readonly bytes: Buffer }
  | { readonly kind: 'foreign' }
  | { readonly kind: 'failed'; readonly error: Error };

/** Node's code of a connection that the other side has cut. */
export const CUT_CODE = 'ECONNRESET';

/** The correlation id of a request that is written by hand. */
export const CORRELATION = 7;

/** Api, version, correlation id, no client id, and the request itself; its length goes before. */
export function requestOf(api: number, version: number, body: Buffer): Buffer {
  const head = [0, api, 0, version, 0, 0, 0, CORRELATION, 0xff, 0xff];
  const length = Buffer.alloc(4);
  length.writeInt32BE(head.length + body.length);
  return Buffer.concat([length, Buffer.from(head), body]);
}

/**
 * Sends one request to this very address, and takes the answer with its head. By hand: a client would go on
 * to other brokers by itself, and does not say what it was told.
 *
 * @param address `host:port`
 */
export async function exchange(
  address: string,
  request: Buffer,
  settings: ExchangeSettings,
): Promise<Exchanged> {
  try {
    return await askOnce(open(address, settings), request, settings.connectionTimeoutMs);
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    return { kind: 'failed', error };
  }
}

/** Why an exchange failed, in few words. */
export function reasonOf(error: Error): string {
  // Several addresses of one name that all refuse: the error itself says nothing.
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return inner instanceof Error ? plainReason(inner.message) : String(inner);
}

/** Of `host:port`, also `[::1]:9092`. */
export function addressOf(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host, port: Number(address.slice(colon + 1)) };
}

function open(address: string, { tls }: ExchangeSettings): Socket {
  const at = addressOf(address);
  if (tls === null) return connectPlain(at);
  // A number is no name that can be asked for.
  const name = tls.serverName ?? (isIP(at.host) === 0 ? at.host : null);
  return connectTls({
    ...at,
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.cert === null ? {} : { cert: tls.cert }),
    ...(tls.key === null ? {} : { key: tls.key.reveal() }),
    ...(name === null ? {} : { servername: name }),
  });
}

async function askOnce(socket: Socket, request: Buffer, waitMs: number): Promise<Exchanged> {
  let received = Buffer.alloc(0);
  try {
    return await new Promise((resolve, reject) => {
      socket.setTimeout(waitMs, () => {
        reject(new Error(`no answer within ${waitMs} ms`));
      });
      socket.on('error', reject);
      socket.on('close', () => {
        const error = new Error('the connection was closed without an answer');
        reject(Object.assign(error, { code: CUT_CODE }));
      });
      socket.on('data', (bytes) => {
        received = Buffer.concat([received, bytes]);
        if (received.length < 8) return;
        // What is not Kafka's has a length that is nonsense: it is whole as it is.
        if (received.readInt32BE(4) !== CORRELATION) resolve({ kind: 'foreign' });
        else if (received.length >= 4 + received.readInt32BE(0))
          resolve({ kind: 'answer', bytes: received });
      });
      socket.write(request);
    });
  } finally {
    socket.destroy();
  }
}
