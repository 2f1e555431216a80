import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { KafkaSettings } from './settings.ts';

/** The versions of one request that a broker understands. */
export interface ApiRange {
  readonly api: number;
  readonly min: number;
  readonly max: number;
}

/** What a broker says to the first thing that every client asks. */
export type ProbeAnswer =
  | { readonly kind: 'answers'; readonly tookMs: number; readonly apis: readonly ApiRange[] }
  | { readonly kind: 'silent'; readonly why: string };

type ProbeSettings = Pick<KafkaSettings, 'tls' | 'connectionTimeoutMs'>;

const CORRELATION = 7;
/** ApiVersions, version 0, without a client id. It needs no login. */
const REQUEST = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, CORRELATION, 0xff, 0xff]);
const HEAD_BYTES = 14;
const RANGE_BYTES = 6;

/**
 * Asks one broker, at this very address, which requests it understands. By hand: a client would go on to
 * other brokers by itself, and does not say what it was told.
 *
 * @param address `host:port`
 */
export async function probeBroker(address: string, settings: ProbeSettings): Promise<ProbeAnswer> {
  const beganMs = performance.now();
  try {
    const apis = await askVersions(open(address, settings), settings.connectionTimeoutMs);
    if (apis === null) return { kind: 'silent', why: 'what answers there is no Kafka broker' };
    return { kind: 'answers', tookMs: performance.now() - beganMs, apis };
  } catch (error) {
    return { kind: 'silent', why: error instanceof Error ? reasonOf(error) : String(error) };
  }
}

function open(address: string, { tls }: ProbeSettings): Socket {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const at = { host, port: Number(address.slice(colon + 1)) };
  if (tls === null) return connectPlain(at);
  return connectTls({
    ...at,
    ...(tls.ca === null ? {} : { ca: tls.ca }),
    ...(tls.cert === null ? {} : { cert: tls.cert }),
    ...(tls.key === null ? {} : { key: tls.key.reveal() }),
    servername: tls.serverName ?? host,
  });
}

async function askVersions(socket: Socket, waitMs: number): Promise<readonly ApiRange[] | null> {
  let received = Buffer.alloc(0);
  try {
    return await new Promise((resolve, reject) => {
      socket.setTimeout(waitMs, () => {
        reject(new Error(`no answer within ${waitMs} ms`));
      });
      socket.on('error', reject);
      socket.on('close', () => {
        reject(new Error('the connection was closed without an answer'));
      });
      socket.on('data', (bytes) => {
        received = Buffer.concat([received, bytes]);
        if (isWhole(received)) resolve(rangesOf(received));
      });
      socket.write(REQUEST);
    });
  } finally {
    socket.destroy();
  }
}

/** An answer that is not Kafka's is whole as it is: its length would be nonsense. */
function isWhole(answer: Buffer): boolean {
  if (answer.length < 8) return false;
  return answer.readInt32BE(4) !== CORRELATION || answer.length >= 4 + answer.readInt32BE(0);
}

/** Length, correlation id, error code, count, then three numbers for each request. */
function rangesOf(answer: Buffer): readonly ApiRange[] | null {
  if (answer.readInt32BE(4) !== CORRELATION || answer.length < HEAD_BYTES) return null;
  const count = answer.readInt32BE(10);
  if (answer.length < HEAD_BYTES + count * RANGE_BYTES) return null;
  return Array.from({ length: count }, (_, i) => {
    const at = HEAD_BYTES + i * RANGE_BYTES;
    return {
      api: answer.readInt16BE(at),
      min: answer.readInt16BE(at + 2),
      max: answer.readInt16BE(at + 4),
    };
  });
}

function reasonOf(error: Error): string {
  // Several addresses of one name that all refuse: the error itself says nothing.
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return inner instanceof Error ? inner.message : String(inner);
}

/** What this client speaks of each request: from what we need (records with headers) to what it knows. */
const SPOKEN: readonly (ApiRange & { readonly name: string })[] = [
  { name: 'Produce', api: 0, min: 3, max: 7 },
  { name: 'Fetch', api: 1, min: 4, max: 11 },
  { name: 'ListOffsets', api: 2, min: 1, max: 3 },
  { name: 'Metadata', api: 3, min: 1, max: 6 },
  { name: 'OffsetCommit', api: 8, min: 2, max: 5 },
  { name: 'OffsetFetch', api: 9, min: 1, max: 4 },
  { name: 'FindCoordinator', api: 10, min: 0, max: 2 },
  { name: 'JoinGroup', api: 11, min: 0, max: 5 },
  { name: 'Heartbeat', api: 12, min: 0, max: 3 },
  { name: 'LeaveGroup', api: 13, min: 0, max: 3 },
  { name: 'SyncGroup', api: 14, min: 0, max: 3 },
  { name: 'CreateTopics', api: 19, min: 0, max: 3 },
  { name: 'DescribeConfigs', api: 32, min: 0, max: 2 },
];

/**
 * Requests of which a broker understands no version that this client speaks.
 *
 * @example unspokenApis([{ api: 0, min: 8, max: 12 }, ...]) // ['Produce 8 to 12, spoken 3 to 7']
 */
export function unspokenApis(apis: readonly ApiRange[]): readonly string[] {
  return SPOKEN.flatMap(({ name, api, min, max }) => {
    const there = apis.find((one) => one.api === api);
    if (there === undefined) return [`${name}: not understood`];
    if (there.max >= min && there.min <= max) return [];
    return [`${name} ${there.min} to ${there.max}, spoken ${min} to ${max}`];
  });
}
