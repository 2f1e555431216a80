import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type WebhookOptions,
  webhookNotifier,
} from '../../../../src/adapters/notify/webhook-notifier.ts';
import type { Notification } from '../../../../src/core/events/routing.ts';
import { type WebhookServer, webhookServer } from '../../../support/webhook-server.ts';

const NOTIFICATION: Notification = {
  id: 'fraud-v7.1.rolled_back',
  severity: 'critical',
  rolloutId: 'fraud-v7.1',
  title: 'fraud v7 rolled back',
  text: 'errors doubled',
  eventTimeMs: 60_000,
  verdictId: 'v9',
};

const servers: WebhookServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** A receiver that answers with these statuses in turn, the last one for ever. */
async function receiver(statuses: readonly number[], headers: Record<string, string> = {}) {
  return await serve((response, number) => {
    response.writeHead(statuses[number - 1] ?? statuses.at(-1) ?? 204, headers).end('no');
  });
}

async function serve(answer: (response: ServerResponse, number: number) => void) {
  const server = await webhookServer(answer);
  servers.push(server);
  return server;
}

/** A notifier whose clock is moved by its own waiting. */
function notifierTo(url: string, over: Partial<WebhookOptions> = {}) {
  const waitsMs: number[] = [];
  let nowMs = Date.UTC(2026, 0, 1);
  const notifier = webhookNotifier({
    url,
    secret: null,
    nowMs: () => nowMs,
    wait: async (ms) => {
      waitsMs.push(ms);
      nowMs += ms;
      await Promise.resolve();
    },
    ...over,
  });
  return { notifier, waitsMs };
}

const notifyFailed = (why: string) =>
  expect.objectContaining({ code: 'notify_failed', message: expect.stringContaining(why) });

describe('a receiver that fails for a while', () => {
  test('is tried again under the same id, each attempt with its own time', async () => {
    const server = await receiver([500, 503, 200]);
    const { notifier, waitsMs } = notifierTo(server.url);
    await notifier.notify(NOTIFICATION);
    expect(waitsMs).toEqual([1000, 2000]);
    expect(new Set(server.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(
      server.received.map(({ headers }) => Number(headers['webhook-timestamp']) - 1_767_225_600),
    ).toEqual([0, 1, 3]);
    expect(new Set(server.received.map(({ body }) => body)).size).toBe(1);
  });

  test.each([
    ['seconds', '7', 7000],
    ['a date', 'Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['a date that is past', 'Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['more than a minute', '86400', 60_000],
    ['neither', 'soon', 1000],
  ])('may say when to come back, as %s', async (...[, header, waitMs]) => {
    const server = await receiver([429, 204], { 'retry-after': header });
    const { notifier, waitsMs } = notifierTo(server.url);
    await notifier.notify(NOTIFICATION);
    expect(waitsMs).toEqual([waitMs]);
  });
});

describe('a receiver that never takes it', () => {
  test.each([[500], [404], [301], [302]])(
    'with HTTP %d is given up after five attempts',
    async (status) => {
      const server = await receiver([status], { location: 'http://127.0.0.1:9/' });
      const { notifier, waitsMs } = notifierTo(server.url);
      await expect(notifier.notify(NOTIFICATION)).rejects.toEqual(
        notifyFailed(`5 attempts: HTTP ${status}`),
      );
      expect(server.received).toHaveLength(5);
      expect(waitsMs).toEqual([1000, 2000, 4000, 8000]);
    },
  );

  test('is tried anew when the same notification is told again', async () => {
    const server = await receiver([500, 500, 500, 500, 500, 200]);
    const { notifier } = notifierTo(server.url);
    await expect(notifier.notify(NOTIFICATION)).rejects.toEqual(notifyFailed('HTTP 500'));
    await notifier.notify(NOTIFICATION);
    expect(server.received).toHaveLength(6);
  });

  test('is named by its host: the rest of the address may be a secret', async () => {
    const server = await receiver([500]);
    const failure = await notifierTo(server.url).notifier.notify(NOTIFICATION).catch(String);
    expect(failure).toContain('127.0.0.1:');
    expect(failure).not.toContain('t0k3n');
  });

  test('that is gone is not asked again, nor for later notifications', async () => {
    const server = await receiver([410]);
    const { notifier, waitsMs } = notifierTo(server.url);
    await expect(notifier.notify(NOTIFICATION)).rejects.toEqual(notifyFailed('is gone'));
    await expect(notifier.notify({ ...NOTIFICATION, id: 'other' })).rejects.toEqual(
      notifyFailed('is gone'),
    );
    expect(server.received).toHaveLength(1);
    expect(waitsMs).toEqual([]);
  });

  test('nobody listens', async () => {
    const server = await receiver([200]);
    await server.close();
    await expect(notifierTo(server.url).notifier.notify(NOTIFICATION)).rejects.toEqual(
      notifyFailed('ECONNREFUSED'),
    );
  });

  test('an attempt without an answer ends at the timeout', async () => {
    const server = await serve(() => undefined);
    const { notifier } = notifierTo(server.url, { timeoutMs: 20 });
    await expect(notifier.notify(NOTIFICATION)).rejects.toEqual(notifyFailed('timeout'));
    expect(server.received.length).toBeLessThanOrEqual(5);
  });
});

test('a secret signs what is sent', async () => {
  const server = await receiver([200]);
  await notifierTo(server.url, { secret: 'pepper' }).notifier.notify(NOTIFICATION);
  expect(server.received[0]).toMatchObject({
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
    },
  });
});

test('without a secret nothing is signed', async () => {
  const server = await receiver([200]);
  await notifierTo(server.url).notifier.notify(NOTIFICATION);
  expect(server.received[0]?.headers).not.toHaveProperty('webhook-signature');
});
