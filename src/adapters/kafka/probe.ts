import { CUT_CODE, type ExchangeSettings, exchange, reasonOf } from './exchange.ts';
import { tlsHint } from './refusals.ts';
import { API_VERSIONS, tlsMismatch } from './tls-mismatch.ts';

/** The versions of one request that a broker understands. */
export interface ApiRange {
  readonly api: number;
  readonly min: number;
  readonly max: number;
}

/** What a broker says to the first thing that every client asks. */
export type ProbeAnswer =
  | { readonly kind: 'answers'; readonly tookMs: number; readonly apis: readonly ApiRange[] }
  /** `hint`: what to check, where the reason tells. */
  | { readonly kind: 'silent'; readonly why: string; readonly hint?: string };

const HEAD_BYTES = 14;
const RANGE_BYTES = 6;

/**
 * Asks one broker, at this very address, which requests it understands.
 *
 * @param address `host:port`
 */
export async function probeBroker(
  address: string,
  settings: ExchangeSettings,
): Promise<ProbeAnswer> {
  const beganMs = performance.now();
  const exchanged = await exchange(address, API_VERSIONS, settings);
  if (exchanged.kind === 'failed') return await silence(address, exchanged.error, settings);
  const apis = exchanged.kind === 'answer' ? rangesOf(exchanged.bytes) : null;
  if (apis === null) return { kind: 'silent', why: 'what answers there is no Kafka broker' };
  return { kind: 'answers', tookMs: performance.now() - beganMs, apis };
}

async function silence(
  address: string,
  error: Error,
  settings: ExchangeSettings,
): Promise<ProbeAnswer> {
  const isCut = 'code' in error && error.code === CUT_CODE;
  const mismatch = isCut ? await tlsMismatch(address, settings) : null;
  const hint = mismatch?.hints[0] ?? tlsHint(error);
  const why = mismatch?.message ?? reasonOf(error);
  return { kind: 'silent', why, ...(hint === null ? {} : { hint }) };
}

/** Length, correlation id, error code, count, then three numbers for each request. */
function rangesOf(answer: Buffer): readonly ApiRange[] | null {
  if (answer.length < HEAD_BYTES) return null;
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
