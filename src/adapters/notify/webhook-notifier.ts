import type { Notification } from '../../core/events/routing.ts';
import { CoalmineError } from '../../core/foundation/error.ts';
import type { Notifier } from '../../pipeline/ports.ts';
import { onceById } from './once-by-id.ts';
import { secretKey, webhookBody, webhookHeaders, webhookId } from './webhook-message.ts';

const ATTEMPT_COUNT_MAX = 5;
const TIMEOUT_MS = 15_000;
const FIRST_DELAY_MS = 1000;
const DELAY_MAX_MS = 60_000;

export interface WebhookOptions {
  readonly url: string;
  /** Signs every message; null: unsigned. */
  readonly secret: string | null;
  /** Waits between attempts. */
  readonly wait: (ms: number) => Promise<void>;
  /** The time that a receiver checks an attempt's age against. */
  readonly nowMs: () => number;
  /** How long one attempt may take; 15 s when absent. */
  readonly timeoutMs?: number;
}

/** What came of one attempt. */
type Attempt =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly why: string; readonly retryAfterMs: number | null };

/**
 * Posts notifications to a web address by Standard Webhooks 1.0. Only a 2xx answer is success, a
 * redirect is none. All else is tried again, five times in all, after 1, 2, 4 and 8 s or after what
 * the receiver asks for (at most a minute), always under the same `webhook-id`; 410 (gone) ends it at once,
 * and later notifications are not sent there.
 *
 * @throws CoalmineError `notify_failed`, naming the host but not the address, which may hold a secret;
 *   `plan_invalid` for a secret that is none
 */
export function webhookNotifier(options: WebhookOptions): Notifier {
  const key = options.secret === null ? null : secretKey(options.secret);
  const { host } = new URL(options.url);
  let isGone = false;
  return onceById(async (notification) => {
    if (isGone) throw gone(host);
    const message = { id: webhookId(notification.id), body: webhookBody(notification) };
    let why = '';
    for (let attempt = 1; attempt <= ATTEMPT_COUNT_MAX; attempt += 1) {
      const result = await post(options, message, key);
      if (result.kind === 'delivered') return;
      if (result.kind === 'gone') {
        isGone = true;
        throw gone(host);
      }
      ({ why } = result);
      if (attempt < ATTEMPT_COUNT_MAX) await options.wait(delayMs(attempt, result.retryAfterMs));
    }
    throw refused(host, notification, why);
  });
}

/** 1, 2, 4, 8 s, unless the receiver names a time; never longer than the limit. */
function delayMs(attempt: number, retryAfterMs: number | null): number {
  return Math.min(DELAY_MAX_MS, retryAfterMs ?? FIRST_DELAY_MS * 2 ** (attempt - 1));
}

async function post(
  options: WebhookOptions,
  message: { readonly id: string; readonly body: string },
  key: Buffer | null,
): Promise<Attempt> {
  const sentAtSeconds = Math.floor(options.nowMs() / 1000);
  try {
    const response = await fetch(options.url, {
      method: 'POST',
      headers: webhookHeaders({ ...message, sentAtSeconds }, key),
      body: message.body,
      redirect: 'manual',
      signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
    });
    await response.body?.cancel();
    if (response.ok) return { kind: 'delivered' };
    if (response.status === 410) return { kind: 'gone' };
    const retryAfterMs = retryAfter(response.headers.get('retry-after'), options.nowMs());
    return { kind: 'failed', why: `HTTP ${response.status}`, retryAfterMs };
  } catch (error) {
    return { kind: 'failed', why: whyOf(error), retryAfterMs: null };
  }
}

/** `Retry-After` holds seconds or a date; anything else is as if it were absent. */
function retryAfter(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : Number.NaN;
  const waitMs = Number.isNaN(seconds) ? Date.parse(header) - nowMs : seconds * 1000;
  return Number.isNaN(waitMs) ? null : Math.max(0, waitMs);
}

/** fetch says only "fetch failed"; the reason is below it. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

function gone(host: string): CoalmineError {
  return new CoalmineError('notify_failed', `the webhook at ${host} is gone (HTTP 410)`, {
    hints: ['Take it out of spec.notifications, or give its new address.'],
  });
}

function refused(host: string, notification: Notification, why: string): CoalmineError {
  return new CoalmineError(
    'notify_failed',
    `the webhook at ${host} did not take "${notification.title}" in ${ATTEMPT_COUNT_MAX} attempts: ${why}`,
  );
}
