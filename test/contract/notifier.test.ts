import pino from 'pino';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { memoryNotifier } from '../../src/adapters/memory/notifier.ts';
import { logNotifier } from '../../src/adapters/notify/log-notifier.ts';
import { webhookNotifier } from '../../src/adapters/notify/webhook-notifier.ts';
import type { Notification } from '../../src/core/events/routing.ts';
import type { Notifier } from '../../src/pipeline/ports.ts';
import { webhookServer } from '../support/webhook-server.ts';

/** What arrived at the far end, in one shape. */
interface Arrived {
  readonly id: string;
  readonly severity: string;
  readonly rolloutId: string;
  readonly verdictId: string | null;
  readonly message: string;
}

interface Subject {
  readonly notifier: Notifier;
  readonly arrived: () => readonly Arrived[];
  readonly close: () => Promise<void>;
}

const LogLine = z.object({
  notificationId: z.string(),
  severity: z.string(),
  rolloutId: z.string(),
  verdictId: z.string().nullable(),
  msg: z.string(),
});
const Body = z.object({
  text: z.string(),
  data: z.object({
    id: z.string(),
    severity: z.string(),
    rollout_id: z.string(),
    verdict_id: z.string().nullable(),
  }),
});

async function openMemory(): Promise<Subject> {
  const notifier = memoryNotifier();
  const arrived = () =>
    notifier.told.map(({ id, severity, rolloutId, verdictId, title, text }) => ({
      id,
      severity,
      rolloutId,
      verdictId,
      message: `${title}\n${text}`,
    }));
  return await Promise.resolve({ notifier, arrived, close: async () => await Promise.resolve() });
}

async function openLog(): Promise<Subject> {
  const lines: string[] = [];
  const notifier = logNotifier(pino({}, { write: (line: string) => lines.push(line) }));
  const arrived = () =>
    lines.map((line) => {
      const { notificationId, msg, ...rest } = LogLine.parse(JSON.parse(line));
      return { id: notificationId, message: msg, ...rest };
    });
  return await Promise.resolve({ notifier, arrived, close: async () => await Promise.resolve() });
}

async function openWebhook(): Promise<Subject> {
  const server = await webhookServer();
  const wait = async () => await Promise.resolve();
  const notifier = webhookNotifier({ url: server.url, secret: null, wait, nowMs: () => 0 });
  const arrived = () =>
    server.received.map(({ body }) => {
      const { text, data } = Body.parse(JSON.parse(body));
      const { id, severity, rollout_id, verdict_id } = data;
      return { id, severity, rolloutId: rollout_id, verdictId: verdict_id, message: text };
    });
  return { notifier, arrived, close: server.close };
}

const SUBJECTS: readonly (readonly [string, () => Promise<Subject>])[] = [
  ['memory', openMemory],
  ['log', openLog],
  ['webhook', openWebhook],
];

const ROLLED_BACK: Notification = {
  id: 'fraud-v7.1.rolled_back',
  severity: 'critical',
  rolloutId: 'fraud-v7.1',
  title: 'fraud-v7.1: fraud v7 rolled back',
  text: 'All traffic goes to v6.\nError rate: 2.1 × the current one «β».',
  eventTimeMs: 60_000,
  verdictId: 'v9',
};
const PROMOTED: Notification = {
  ...ROLLED_BACK,
  id: 'fraud-v7.1.promoted',
  severity: 'info',
  verdictId: null,
};
const HELD: Notification = {
  ...ROLLED_BACK,
  id: 'fraud-v7.1.hold.0.segments',
  severity: 'warning',
};

describe.each(SUBJECTS)('the %s notifier', (_, open) => {
  const withSubject = async (use: (subject: Subject) => Promise<void>) => {
    const subject = await open();
    try {
      await use(subject);
    } finally {
      await subject.close();
    }
  };

  test('delivers what a person must know', async () => {
    await withSubject(async ({ notifier, arrived }) => {
      await notifier.notify(ROLLED_BACK);
      expect(arrived()).toEqual([
        {
          id: ROLLED_BACK.id,
          severity: 'critical',
          rolloutId: 'fraud-v7.1',
          verdictId: 'v9',
          message: `${ROLLED_BACK.title}\n${ROLLED_BACK.text}`,
        },
      ]);
    });
  });

  test('delivers every severity, in order', async () => {
    await withSubject(async ({ notifier, arrived }) => {
      for (const each of [HELD, ROLLED_BACK, PROMOTED]) await notifier.notify(each);
      expect(arrived().map(({ severity }) => severity)).toEqual(['warning', 'critical', 'info']);
      expect(arrived().at(-1)?.verdictId).toBeNull();
    });
  });

  test('delivers an id once, however often it is told', async () => {
    await withSubject(async ({ notifier, arrived }) => {
      await notifier.notify(ROLLED_BACK);
      await notifier.notify(PROMOTED);
      await notifier.notify(structuredClone(ROLLED_BACK));
      expect(arrived().map(({ id }) => id)).toEqual([ROLLED_BACK.id, PROMOTED.id]);
    });
  });

  test('delivers an id once when it is told twice at the same time', async () => {
    await withSubject(async ({ notifier, arrived }) => {
      await Promise.all([notifier.notify(ROLLED_BACK), notifier.notify(ROLLED_BACK)]);
      expect(arrived()).toHaveLength(1);
    });
  });
});
