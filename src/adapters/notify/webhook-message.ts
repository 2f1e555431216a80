import { createHmac } from 'node:crypto';
import type { Notification } from '../../core/events/routing.ts';
import { CoalmineError } from '../../core/foundation/error.ts';

/** Standard Webhooks 1.0 asks for bodies below 20 kB. */
const BODY_SIZE_MAX_BYTES = 20_000;
const CUT = ' … (cut)';

/**
 * The body of a notification: `{ type, timestamp, data }` as Standard Webhooks has it, and `text`
 * for receivers that show a message (Slack). The same for every attempt. A text that is too long is cut.
 */
export function webhookBody(notification: Notification): string {
  const whole = bodyWith(notification, notification.text);
  if (Buffer.byteLength(whole) < BODY_SIZE_MAX_BYTES) return whole;
  let [kept, tooLong] = [0, notification.text.length];
  while (kept + 1 < tooLong) {
    const middle = Math.floor((kept + tooLong) / 2);
    const cut = bodyWith(notification, cutText(notification.text, middle));
    if (Buffer.byteLength(cut) < BODY_SIZE_MAX_BYTES) kept = middle;
    else tooLong = middle;
  }
  return bodyWith(notification, cutText(notification.text, kept));
}

function cutText(text: string, length: number): string {
  return `${text.slice(0, length).toWellFormed()}${CUT}`;
}

function bodyWith(notification: Notification, text: string): string {
  return JSON.stringify({
    type: `coalmine.rollout.${notification.severity}`,
    ['timestamp']: new Date(notification.eventTimeMs).toISOString(),
    text: `${notification.title}\n${text}`,
    data: {
      id: notification.id,
      rollout_id: notification.rolloutId,
      severity: notification.severity,
      title: notification.title,
      text,
      verdict_id: notification.verdictId,
    },
  });
}

/**
 * The id as a header carries it: ASCII, and without the full stop that separates the signed parts.
 * Different ids stay different.
 */
export function webhookId(id: string): string {
  return encodeURIComponent(id.toWellFormed()).replaceAll('.', '%2E');
}

/**
 * The bytes of a signing secret: base64 after `whsec_`, else the text itself.
 *
 * @throws CoalmineError `plan_invalid` when what follows `whsec_` is not base64 of at least 24 bytes
 */
export function secretKey(secret: string): Buffer {
  const prefix = 'whsec_';
  if (!secret.startsWith(prefix)) return Buffer.from(secret);
  const encoded = secret.slice(prefix.length);
  const key = Buffer.from(encoded, 'base64');
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded);
  if (isBase64 && key.length >= 24) return key;
  throw new CoalmineError(
    'plan_invalid',
    'the signing secret of a webhook starts with whsec_ but is not base64 of at least 24 bytes',
  );
}

/** What is signed: the id and the body of a message, and the time of this attempt. */
export interface SignedParts {
  readonly id: string;
  readonly sentAtSeconds: number;
  readonly body: string;
}

/** Headers of one attempt by Standard Webhooks; without a key nothing is signed. */
export function webhookHeaders(parts: SignedParts, key: Buffer | null): Record<string, string> {
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'coalmine',
    'webhook-id': parts.id,
    'webhook-timestamp': String(parts.sentAtSeconds),
  };
  if (key === null) return headers;
  const signed = `${parts.id}.${parts.sentAtSeconds}.${parts.body}`;
  const signature = createHmac('sha256', key).update(signed).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${signature}` };
}
