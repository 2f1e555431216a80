import { bucketOf, murmur3 } from '../../core/foundation/hash.ts';
import type { Pace } from './pace.ts';
import type { ModelAnswer, ModelCaller, ModelRequest } from './ports.ts';

const FIRST_WAIT_MS = 200;
const WAIT_MAX_MS = 10_000;
/** An endpoint may ask for more than we would wait of our own. */
const RETRY_AFTER_MAX_MS = 60_000;

export interface Retrying {
  readonly caller: ModelCaller;
  /** May end early when it is stopped. */
  readonly wait: (ms: number) => Promise<void>;
  /** Every attempt takes its turn. */
  readonly pace: Pace;
  readonly retryCountMax: number;
}

export interface Asked {
  /** Null: stopped before there was a last word. */
  readonly answer: ModelAnswer | null;
  readonly attemptCount: number;
}

/**
 * Asks until there is an answer, or a failure that another attempt cannot mend, or enough attempts.
 * `isStopped` is asked before each one.
 */
export async function askPatiently(
  asking: { readonly request: ModelRequest; readonly requestId: string },
  retrying: Retrying,
  isStopped: () => boolean,
): Promise<Asked> {
  const { caller, wait, pace, retryCountMax } = retrying;
  let attemptCount = 0;
  while (true) {
    await pace();
    if (isStopped()) return { answer: null, attemptCount };
    const answer = await caller.call(asking.request);
    attemptCount += 1;
    const isLast = answer.kind !== 'failed' || !answer.isPassing || attemptCount > retryCountMax;
    if (isLast) return { answer, attemptCount };
    if (isStopped()) return { answer: null, attemptCount };
    await wait(retryWaitMs(asking.requestId, attemptCount, answer.retryAfterMs));
  }
}

/**
 * Twice as long each time, between half of it and all of it: those that failed together do not come
 * back together. What is between is a hash: the same requests wait the same time again.
 */
export function retryWaitMs(
  requestId: string,
  attemptCount: number,
  retryAfterMs: number | null,
): number {
  const wholeMs = Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** (attemptCount - 1));
  const share = bucketOf(murmur3(`retry:${attemptCount}:${requestId}`), 1000) / 1000;
  const ownMs = wholeMs * (0.5 + share / 2);
  return Math.max(ownMs, Math.min(retryAfterMs ?? 0, RETRY_AFTER_MAX_MS));
}
